import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Ruler } from './Ruler';
import styles from './Shell.module.css';
import { useConnection } from './useConnection';

const notices = {
  unreachable: ['The server does not answer.', 'What you see may be old. The page goes on by itself; nothing you entered is lost.'],
  down: ['The server reports a fault.', 'Tokens are verified, but changes may be refused. Its log and its health check say why.'],
};

/** The band at the top of every page, with what can be reached from all of them. */
export function Band({ children }: { children: ReactNode }) {
  const condition = useConnection();
  return (
    <header className={styles.header}>
      <div className={styles.bar}>
        <Link to="/" className={styles.word}>
          tokenscale
        </Link>
        {children}
      </div>
      <Ruler thin />
      <div role="status">
        {condition !== 'well' && (
          <p className={styles.notice}>
            {notices[condition].map((sentence) => (
              <span key={sentence}>{sentence}</span>
            ))}
          </p>
        )}
      </div>
    </header>
  );
}
