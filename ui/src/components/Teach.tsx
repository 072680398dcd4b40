import type { ReactNode } from 'react';
import styles from './Teach.module.css';

/** An empty list: what would stand there, the first step, and the same as a line for the shell. */
export function Teach({ title, children, actions, curl }: { title: string; children: ReactNode; actions?: ReactNode; curl?: string }) {
  return (
    <section className={styles.teach}>
      <h2>{title}</h2>
      {children}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      {curl !== undefined && (
        <>
          <p>The same from a shell:</p>
          <pre className={styles.code} tabIndex={0} aria-label="Command">
            {curl}
          </pre>
        </>
      )}
    </section>
  );
}
