import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { Button } from '../src/components/Button';
import styles from './Explorer.module.css';

/** The queries that are open, if there are several. */
export function Open() {
  const tabs = useGraphiQL((state) => state.tabs);
  const active = useGraphiQL((state) => state.activeTabIndex);
  const { changeTab, closeTab } = useGraphiQLActions();
  if (tabs.length < 2) return null;
  return (
    <ul className={styles.open} aria-label="Open queries">
      {tabs.map(({ id, title }, at) => {
        const name = title.startsWith('<') ? 'Untitled' : title;
        return (
          <li key={id} className={styles.opened}>
            <Button small look="quiet" aria-current={at === active ? 'page' : undefined} onPress={() => changeTab(at)}>
              {name}
            </Button>
            <Button small look="quiet" aria-label={`Close ${name}`} onPress={() => closeTab(at)}>
              ✕
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
