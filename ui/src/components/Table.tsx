import type { ReactNode } from 'react';
import { classes } from '../lib/classes';
import styles from './Table.module.css';

// The roles are written out because the narrow layout changes how rows are displayed, and some
// browsers then forget that it is a table.

export function Table({ label, head, children, stale = false }: { label: string; head: ReactNode; children: ReactNode; stale?: boolean }) {
  return (
    <div className={styles.scroll}>
      <table className={classes(styles.table, stale && styles.stale)} role="table" aria-label={label} aria-busy={stale}>
        <thead role="rowgroup">
          <tr role="row">{head}</tr>
        </thead>
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

export function Row({ children }: { children: ReactNode }) {
  return <tr role="row">{children}</tr>;
}

/** A value. Its label stands before it where there is no room for columns. */
export function Value({ label, lead = false, fixed = false, children }: { label: string; lead?: boolean; fixed?: boolean; children: ReactNode }) {
  return (
    <td role="cell" data-label={label} data-lead={lead || undefined} className={classes(fixed && styles.fixed)}>
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
