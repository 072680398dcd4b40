import { distance, distanceBack, exact, exactToSecond, utc } from '../lib/time';
import { useNow } from '../lib/useNow';
import styles from './Text.module.css';

/** A moment in the reader's zone; the instant in UTC is on hover. */
export function Exact({ at, seconds = false }: { at: number; seconds?: boolean }) {
  return (
    <time className={styles.moment} dateTime={utc(at)} title={utc(at)}>
      {seconds ? exactToSecond(at) : exact(at)}
    </time>
  );
}

/** How far away a moment is, kept up to date; one that has passed is never ahead. */
export function Distance({ at, past = false }: { at: number; past?: boolean }) {
  // What is close is counted in seconds; then the clock must tick in seconds.
  const coarse = useNow();
  const near = Math.abs(at - coarse) < 150_000;
  const now = useNow(near ? 1000 : 15_000);
  return (
    <time className={styles.moment} dateTime={utc(at)} title={utc(at)}>
      {(past ? distanceBack : distance)(at, now)}
    </time>
  );
}
