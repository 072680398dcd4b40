import type { Life, LifeScale } from '../lib/life';
import styles from './Expiry.module.css';
import { LifeLine } from './LifeLine';
import { Distance, Exact } from './Moment';

/** When a token ends, in a table: its life line, how far away the end is, and the exact moment. */
export function Expiry({ createdAt, expireAt, maximumMs, scale }: Life & { scale: LifeScale }) {
  return (
    <div className={styles.expiry}>
      <LifeLine createdAt={createdAt} expireAt={expireAt} maximumMs={maximumMs} scale={scale} />
      {expireAt === null ? (
        <span className={styles.never}>Never</span>
      ) : (
        <span>
          <Distance at={expireAt} /> <span className={styles.exact}>· <Exact at={expireAt} /></span>
        </span>
      )}
    </div>
  );
}
