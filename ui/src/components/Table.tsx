import type { MouseEvent, ReactNode } from 'react';
import { classes } from '../lib/classes';
import styles from './Table.module.css';

// The roles are written out because the narrow layout changes how rows are displayed, and some
// browsers then forget that it is a table.

type TableProps = {
  label: string;
  /** The columns; null where there are none. */
  head: ReactNode;
  /** The rows; bones while there are none yet. */
  children: ReactNode;
  /** Whether the rows answer another question. */
  stale?: boolean;
  /** Whether there are no rows yet. */
  coming?: boolean;
};

export function Table({ label, head, children, stale = false, coming = false }: TableProps) {
  return (
    <div className={styles.scroll}>
      <table className={classes(styles.table, stale && styles.stale)} role="table" aria-label={label} aria-busy={stale || coming}>
        {head !== null && (
          <thead role="rowgroup">
            <tr role="row">{head}</tr>
          </thead>
        )}
        <tbody role="rowgroup">{children}</tbody>
      </table>
    </div>
  );
}

export function Column({ children, width }: { children: ReactNode; width?: string }) {
  return (
    <th role="columnheader" scope="col" style={width === undefined ? undefined : { width }}>
      {children}
    </th>
  );
}

export type Direction = 'ASC' | 'DESC';

/** A column by which the list can be ordered; pressing it again turns the order. */
export function SortColumn(props: { children: ReactNode; active: boolean; direction: Direction; width?: string; onSort: (direction: Direction) => void }) {
  const { active, direction } = props;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={active ? (direction === 'ASC' ? 'ascending' : 'descending') : 'none'}
      className={classes(active && styles.active)}
      style={props.width === undefined ? undefined : { width: props.width }}
    >
      <button type="button" className={styles.sort} onClick={() => props.onSort(active && direction === 'ASC' ? 'DESC' : 'ASC')}>
        {props.children}
        <span aria-hidden="true" className={styles.arrow}>
          {active ? (direction === 'ASC' ? '↑' : '↓') : '↕'}
        </span>
      </button>
    </th>
  );
}

/** A column of check boxes, with one that ticks all rows. */
export function ChooseColumn({ label, all, some, onChange }: { label: string; all: boolean; some: boolean; onChange: (on: boolean) => void }) {
  return (
    <th role="columnheader" scope="col" className={styles.choose}>
      <Tick label={label} checked={all} partly={some && !all} onChange={onChange} />
    </th>
  );
}

/** The check box of a row. */
export function Choose({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <td role="cell" className={styles.choose}>
      <Tick label={label} checked={checked} onChange={onChange} />
    </td>
  );
}

function Tick({ label, checked, partly = false, onChange }: { label: string; checked: boolean; partly?: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className={styles.tick}>
      <input
        type="checkbox"
        aria-label={label}
        checked={checked}
        ref={(box) => {
          if (box) box.indeterminate = partly;
        }}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}

type RowProps = {
  children: ReactNode;
  chosen?: boolean;
  /** Opens what the row is about. Its name is a link to there, for the keyboard. */
  onOpen?: () => void;
};

export function Row({ children, chosen = false, onOpen }: RowProps) {
  const open = (event: MouseEvent<HTMLElement>) => {
    const onControl = (event.target as Element).closest('a, button, input, label') !== null;
    const marking = window.getSelection()?.isCollapsed === false;
    if (onControl || marking || event.button > 1) return;
    // As with a link: the middle button, or one held with Ctrl or ⌘, opens another tab.
    const beside = event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey;
    if (beside) event.currentTarget.querySelector<HTMLElement>('[data-lead] a')?.dispatchEvent(new window.MouseEvent('click', event.nativeEvent));
    else onOpen?.();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <tr role="row" className={classes(chosen && styles.chosen, onOpen && styles.opens)} onClick={onOpen && open} onAuxClick={onOpen && open}>
      {children}
    </tr>
  );
}

type ValueProps = {
  label: string;
  children: ReactNode;
  /** What the row is about: it stands first where there is no room for columns. */
  lead?: boolean;
  /** Kept on one line in a column. */
  fixed?: boolean;
  /** Takes a line of its own where there is no room for columns. */
  whole?: boolean;
  /** Speaks for itself, without its label. */
  bare?: boolean;
};

/** A value. Its label stands before it where there is no room for columns. */
export function Value({ label, lead = false, fixed = false, whole = false, bare = lead || whole, children }: ValueProps) {
  return (
    <td role="cell" data-label={label} data-lead={lead || undefined} data-whole={whole || undefined} data-bare={bare || undefined} className={classes(fixed && styles.fixed)}>
      <div>{children}</div>
    </td>
  );
}

export function Secondary({ children }: { children: ReactNode }) {
  return <div className={styles.secondary}>{children}</div>;
}

/** The shape of what is coming, so that nothing jumps when it is there. */
export function Bones({ rows, columns }: { rows: number; columns: number }) {
  return Array.from({ length: rows }, (_, row) => (
    <tr key={row} role="row" aria-hidden="true">
      {Array.from({ length: columns }, (_, column) => (
        <td key={column} role="cell">
          <span className={styles.bone} style={{ width: `${40 + ((row * 7 + column * 13) % 45)}%` }} />
        </td>
      ))}
    </tr>
  ));
}
