import { classes } from '../lib/classes';
import { nameParts } from '../lib/invisible';
import styles from './Text.module.css';

// Names of this length are whole wherever they stand.
const ordinary = 60;

/**
 * A name as somebody gave it: its direction stays inside it, and nothing in it hides. A long one is
 * cut after two lines where it is to be clamped.
 */
export function Name({ name, clamp = false }: { name: string; clamp?: boolean }) {
  const cut = clamp && name.length > ordinary;
  return (
    <bdi className={classes(styles.name, cut && styles.clamp)} title={cut ? name : undefined}>
      {nameParts(name).map((part, index) =>
        part.hidden ? (
          <span key={index} className={styles.hidden} title="An invisible character">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  );
}
