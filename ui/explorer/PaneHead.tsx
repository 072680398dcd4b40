import type { KeyboardEvent } from 'react';
import { type Group, names, type Pane } from './panes';
import styles from './Explorer.module.css';

type PaneHeadProps = { group: Group; shown: Pane; onShow: (pane: Pane) => void };

/** Names the pane of a group, or leads from one to the next. */
export function PaneHead({ group: { place, panes }, shown, onShow }: PaneHeadProps) {
  const style = { gridArea: `${place}-head` };
  if (panes.length === 1) {
    return (
      <h2 id={`head-${shown}`} className={styles.paneHead} style={style} data-place={place}>
        {names[shown]}
      </h2>
    );
  }
  const turn = (event: KeyboardEvent) => {
    const at = panes.indexOf(shown);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    const next = to === undefined ? undefined : panes.at(to % panes.length);
    if (next === undefined) return;
    event.preventDefault();
    onShow(next);
    document.getElementById(`head-${next}`)?.focus();
  };
  return (
    <div role="tablist" aria-label={panes.map((pane) => names[pane]).join(', ')} className={styles.tabs} style={style} data-place={place}>
      {panes.map((pane) => (
        <button
          key={pane}
          type="button"
          role="tab"
          id={`head-${pane}`}
          aria-controls={`pane-${pane}`}
          aria-selected={pane === shown}
          tabIndex={pane === shown ? 0 : -1}
          className={styles.tab}
          onClick={() => onShow(pane)}
          onKeyDown={turn}
        >
          {names[pane]}
        </button>
      ))}
    </div>
  );
}
