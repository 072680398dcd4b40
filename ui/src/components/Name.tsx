import { classes } from '../lib/classes';
import { nameParts } from '../lib/invisible';
import styles from './Text.module.css';

/** A name as somebody gave it: its direction stays inside it, and nothing in it hides. */
export function Name({ name, clamp = false }: { name: string; clamp?: boolean }) {
  return (
    <bdi className={classes(styles.name, clamp && styles.clamp)} title={clamp && name.length > 60 ? name : undefined}>
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
