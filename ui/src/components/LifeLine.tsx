import { classes } from '../lib/classes';
import { type Life, lifeLine, lifeLineOn, type LifeScale, lifeText } from '../lib/life';
import { useNow } from '../lib/useNow';
import styles from './LifeLine.module.css';

// Percentages keep the line one drawing at every width; the stroke widths stay in pixels.
const at = (part: number) => `${(part * 100).toFixed(2)}%`;
const middle = '50%';

/**
 * A token's life: created, now, end. The part lived is filled; the policy's maximum is a tick. With
 * a scale it compares with the lines beside it, without one it is as long as the life.
 */
export function LifeLine({ scale, ...life }: Life & { scale?: LifeScale | undefined }) {
  const now = useNow();
  const line = scale === undefined ? lifeLine(life, now) : lifeLineOn(scale, life, now);
  const [from, to] = line.lived;
  const end = line.state === 'dead' ? to : (line.end ?? 1);
  return (
    <svg className={classes(styles.line, line.state !== 'open' && styles[line.state])} role="img" aria-label={lifeText(life, now)}>
      <line className={styles.beyond} x1="0" x2="100%" y1={middle} y2={middle} />
      <line className={classes(styles.track, line.state === 'open' && styles.openTrack)} x1={at(from)} x2={at(end)} y1={middle} y2={middle} />
      <line className={styles.lived} x1={at(from)} x2={at(to)} y1={middle} y2={middle} />
      {line.start !== null && <line className={styles.start} x1={at(line.start)} x2={at(line.start)} y1="15%" y2="85%" />}
      {(scale !== undefined || line.state !== 'dead') && <line className={styles.now} x1={at(line.now)} x2={at(line.now)} y1="10%" y2="90%" />}
      {line.end !== null && <line className={styles.end} x1={at(line.end)} x2={at(line.end)} y1="15%" y2="85%" />}
      {line.end === null && line.state !== 'dead' && (
        <svg x="100%" y={middle} overflow="visible">
          <path className={styles.arrow} d="M-5 -4 L0 0 L-5 4" />
        </svg>
      )}
      {line.maximum !== null && <line className={styles.maximum} x1={at(line.maximum)} x2={at(line.maximum)} y1="0" y2="40%" />}
    </svg>
  );
}
