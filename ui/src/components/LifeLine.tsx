import { classes } from '../lib/classes';
import { lifeLine, lifeText, type Life } from '../lib/life';
import { useNow } from '../lib/useNow';
import styles from './LifeLine.module.css';

// Percentages keep the line one drawing at every width; the stroke widths stay in pixels.
const at = (part: number) => `${(part * 100).toFixed(2)}%`;

/** A token's life: created, now, end. The part lived is filled; the policy's maximum is a tick. */
export function LifeLine(life: Life) {
  const now = useNow();
  const line = lifeLine(life, now);
  const lived = Math.min(line.lived, line.end);
  const middle = '50%';
  return (
    <svg className={classes(styles.line, line.state !== 'open' && styles[line.state])} role="img" aria-label={lifeText(life, now)}>
      <line className={styles.start} x1="0" x2="0" y1="15%" y2="85%" />
      <line className={classes(styles.track, line.state === 'open' && styles.openTrack)} x1="0" x2={at(line.end)} y1={middle} y2={middle} />
      {line.end < 1 && <line className={styles.beyond} x1={at(line.end)} x2="100%" y1={middle} y2={middle} />}
      <line className={styles.lived} x1="0" x2={at(lived)} y1={middle} y2={middle} />
      {line.state !== 'dead' && <line className={styles.now} x1={at(lived)} x2={at(lived)} y1="10%" y2="90%" />}
      {line.state === 'open' ? (
        <svg x="100%" y={middle} overflow="visible">
          <path className={styles.arrow} d="M-5 -4 L0 0 L-5 4" />
        </svg>
      ) : (
        <line className={styles.end} x1={at(line.end)} x2={at(line.end)} y1="15%" y2="85%" />
      )}
      {line.maximum !== null && <line className={styles.maximum} x1={at(line.maximum)} x2={at(line.maximum)} y1="0" y2="40%" />}
    </svg>
  );
}
