import { useId } from 'react';
import { classes } from '../lib/classes';
import { type LifeScale, lifeScaleName, lifeScaleOf, lifeScales, type LifeState } from '../lib/life';
import { useUrlState } from '../lib/useListState';
import field from './Field.module.css';
import styles from './LifeLegend.module.css';
import line from './LifeLine.module.css';

/** The scale that the URL chooses for all life lines of a table. */
export function useLifeScale(): [LifeScale, (scale: LifeScale) => void] {
  const [params, change] = useUrlState();
  return [lifeScaleOf(params.get('scale')), (scale) => change({ scale: lifeScaleName(scale) }, true)];
}

const states: readonly { state: LifeState; label: string }[] = [
  { state: 'living', label: 'lives' },
  { state: 'week', label: 'ends within 7 days' },
  { state: 'day', label: 'ends within 24 hours' },
  { state: 'dead', label: 'has ended' },
];

/**
 * What the life lines of a table mean, and the choice of the scale that they share. With a maximum
 * they have a tick where the security policy ends a life.
 */
export function LifeLegend({ maximum = false }: { maximum?: boolean }) {
  const [scale, setScale] = useLifeScale();
  const id = useId();
  return (
    <div className={styles.legend} role="group" aria-label="Life lines">
      <span className={styles.scale}>
        <label htmlFor={id}>Life lines show</label>
        <select id={id} className={classes(field.input, styles.select)} value={scale.name} onChange={(event) => setScale(lifeScaleOf(event.target.value))}>
          {lifeScales.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
        <span>ahead, half of that behind</span>
      </span>
      <ul className={styles.states}>
        {states.map(({ state, label }) => (
          <li key={state}>
            <svg className={classes(styles.sample, line[state])} aria-hidden="true">
              <line className={line.lived} x1="0" x2="100%" y1="50%" y2="50%" />
            </svg>
            {label}
          </li>
        ))}
        <li>
          <svg className={classes(styles.sample, styles.mark)} aria-hidden="true">
            <line className={line.now} x1="50%" x2="50%" y1="0" y2="100%" />
          </svg>
          now
        </li>
        {maximum && (
          <li>
            <svg className={classes(styles.sample, styles.mark)} aria-hidden="true">
              <line className={line.maximum} x1="50%" x2="50%" y1="0" y2="60%" />
            </svg>
            the longest life allowed
          </li>
        )}
      </ul>
    </div>
  );
}
