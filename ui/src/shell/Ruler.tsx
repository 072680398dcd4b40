import { classes } from '../lib/classes';
import styles from './Ruler.module.css';

/**
 * The scale under the name: the mark by which the page is known. It means nothing and is hidden
 * from screen readers.
 */
export function Ruler({ thin = false }: { thin?: boolean }) {
  return <span aria-hidden="true" className={classes(styles.ruler, thin && styles.thin)} />;
}
