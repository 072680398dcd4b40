import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { AuditEvent } from '../../api/audit';
import { Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { classes } from '../../lib/classes';
import styles from './Events.module.css';
import type { Part, Sentence } from './parts';

/** Entries of the audit log, in their order. */
export function Events({ name, stale = false, children }: { name: string; stale?: boolean; children: ReactNode }) {
  return (
    <ol role="list" className={classes(styles.events, stale && styles.stale)} aria-label={name} aria-busy={stale}>
      {children}
    </ol>
  );
}

type SaidProps = {
  event: AuditEvent;
  sentence: Sentence;
  /** What opens more of it, and that. */
  opener?: ReactNode;
  children?: ReactNode;
};

/** One entry: its sentence, behind its time. */
export function Said({ event, sentence, opener, children }: SaidProps) {
  return (
    <li className={styles[sentence.tone]}>
      {opener}
      <div className={styles.when}>
        <Exact at={event.timestamp} seconds />
      </div>
      <p id={saidId(event)} className={styles.said}>
        {sentence.parts.map((part, index) => (
          <Piece key={index} part={part} />
        ))}
      </p>
      {children}
    </li>
  );
}

/** The id of the element that holds the sentence. */
export const saidId = ({ id }: AuditEvent) => `said-${id}`;

function Piece({ part }: { part: Part }) {
  if (typeof part === 'string') return part;
  const { given, whole, to, mono } = part;
  const name = mono ? <code>{given}</code> : <Name name={given} />;
  return to === undefined ? <span title={whole}>{name}</span> : <Link to={to} title={whole}>{name}</Link>;
}
