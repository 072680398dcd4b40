import { Button } from 'react-aria-components/Button';
import { Toolbar } from 'react-aria-components/Toolbar';
import { classes } from '../lib/classes';
import { type ExpiryChoice, endOf, rulerPosition, rulerText, type Stop, stops } from '../lib/expiry';
import { span } from '../lib/time';
import styles from './ExpiryField.module.css';

type ExpiryRulerProps = { choice: ExpiryChoice; maximumMs: number | null; now: number; onStop: (stop: Stop) => void };

const percent = (part: number) => `${(part * 100).toFixed(2)}%`;

/**
 * Shows where a life ends, with the enforced maximum as the edge beyond which nothing is possible.
 */
export function ExpiryRuler({ choice, maximumMs, now, onStop }: ExpiryRulerProps) {
  const end = endOf(choice, now);
  const length = end === null ? (maximumMs ?? Infinity) : end - now;
  const position = rulerPosition(length);
  const edge = maximumMs === null ? null : rulerPosition(maximumMs);
  const over = maximumMs !== null && length > maximumMs;
  return (
    <div className={styles.ruler}>
      <div role="img" aria-label={rulerText(choice, maximumMs, now)}>
        {edge !== null && maximumMs !== null && (
          <span
            className={styles.edgeLabel}
            style={edge > 0.5 ? { insetInlineEnd: percent(1 - edge) } : { insetInlineStart: percent(edge) }}
          >
            Maximum {span(maximumMs)}
          </span>
        )}
        <div className={styles.scale}>
          <span className={classes(styles.filled, over && styles.overFilled)} style={{ width: percent(position) }} />
          {edge !== null && <span className={styles.forbidden} style={{ insetInlineStart: percent(edge) }} />}
          <span className={styles.pointer} style={{ insetInlineStart: percent(position) }} />
        </div>
      </div>
      <Toolbar aria-label="Usual lives" className={styles.stops}>
        {stops.map((stop) => (
          <Button
            key={stop.label}
            className={styles.stop}
            style={{ insetInlineStart: percent(rulerPosition(stop.ms)) }}
            isDisabled={maximumMs !== null && stop.ms > maximumMs}
            onPress={() => onStop(stop)}
            aria-label={`${stop.label}: ${span(stop.ms)}`}
          >
            {stop.label}
          </Button>
        ))}
      </Toolbar>
    </div>
  );
}
