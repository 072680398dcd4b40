import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef } from 'react';
import { Button } from '../src/components/Button';
import styles from './Explorer.module.css';
import type { Unstored } from './useUnstored';

/** The queries that are open, if there are several. While one runs its answer is waited for. */
export function Open({ unstored }: { unstored: Unstored }) {
  const tabs = useGraphiQL((state) => state.tabs);
  const active = useGraphiQL((state) => state.activeTabIndex);
  const running = useGraphiQL((state) => state.isFetching);
  const { changeTab, closeTab } = useGraphiQLActions();
  const shown = useRef<HTMLButtonElement>(null);
  const closed = useRef(false);
  useEffect(() => {
    // The button that was pressed is gone; without a neighbour the toolbar is next.
    if (closed.current) (shown.current ?? document.querySelector<HTMLElement>('#run'))?.focus();
    closed.current = false;
  });
  if (tabs.length < 2) return null;
  return (
    <ul className={styles.open} aria-label="Open queries">
      {named(tabs).map(({ id, name }, at) => (
        <li key={id} className={styles.opened}>
          <Button
            small
            look="quiet"
            ref={at === active ? shown : undefined}
            isDisabled={running}
            aria-current={at === active ? 'true' : undefined}
            onPress={() => changeTab(at)}
          >
            {name}
          </Button>
          <Button
            small
            look="quiet"
            isDisabled={running}
            aria-label={`Close ${name}`}
            onPress={() =>
              unstored.unlessLost(at, () => {
                closed.current = true;
                closeTab(at);
              })
            }
          >
            ✕
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** The tabs by names that differ. */
function named(tabs: readonly { id: string; title: string }[]): { id: string; name: string }[] {
  const seen = new Map<string, number>();
  return tabs.map(({ id, title }) => {
    const name = title.startsWith('<') ? 'Untitled' : title;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return { id, name: times === 1 ? name : `${name} (${times})` };
  });
}
