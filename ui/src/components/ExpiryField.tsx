import { type AriaAttributes, useId } from 'react';
import { Label } from 'react-aria-components/Label';
import { RadioGroup } from 'react-aria-components/RadioGroup';
import { classes } from '../lib/classes';
import { type ExpirationUnit, type ExpiryChoice, endOf, localValue } from '../lib/expiry';
import { distance, exact, span, utc } from '../lib/time';
import { refusedMark } from '../lib/useLead';
import { useNow } from '../lib/useNow';
import { Radio } from './Checkbox';
import styles from './ExpiryField.module.css';
import { ExpiryRuler } from './ExpiryRuler';
import field from './Field.module.css';

type ExpiryFieldProps = { value: ExpiryChoice; onChange: (value: ExpiryChoice) => void; maximumMs: number | null; error?: string | undefined };

/**
 * When a token ends: after a length of time, at a date, or never; and what that means on the ruler.
 */
export function ExpiryField({ value, onChange, maximumMs, error }: ExpiryFieldProps) {
  const now = useNow();
  const errorId = useId();
  const wrong = error === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': errorId };
  const setMode = (mode: string) => {
    if (mode === 'never') onChange({ mode });
    else if (mode === 'after') onChange({ mode, amount: 12, unit: 'Hours' });
    else onChange({ mode: 'at', local: localValue(endOf(value, now) ?? now + (maximumMs ?? 30 * 86_400_000)) });
  };
  return (
    <div className={styles.field} {...(error !== undefined && value.mode === 'never' && { [refusedMark]: true })}>
      <RadioGroup value={value.mode} onChange={setMode}>
        <Label className="sr-only">Expiration</Label>
        <div className={styles.modes}>
          <Radio value="after">After a time</Radio>
          <Radio value="at">At a date</Radio>
          <Radio value="never">{maximumMs === null ? 'Never' : `As late as the policy allows (${span(maximumMs)})`}</Radio>
        </div>
      </RadioGroup>
      {value.mode === 'after' && <AfterInputs value={value} onChange={onChange} wrong={wrong} />}
      {value.mode === 'at' && (
        <label className={styles.row}>
          Date and time
          <input
            type="datetime-local"
            className={classes(field.input, styles.auto)}
            {...wrong}
            value={value.local}
            min={localValue(now)}
            max={maximumMs === null ? '9999-12-31T23:59' : localValue(now + maximumMs)}
            onChange={(event) => onChange({ mode: 'at', local: event.target.value })}
          />
        </label>
      )}
      <Result value={value} maximumMs={maximumMs} now={now} />
      {error !== undefined && (
        <p id={errorId} role="alert" className={field.error}>
          {error}
        </p>
      )}
      <ExpiryRuler
        choice={value}
        maximumMs={maximumMs}
        now={now}
        onStop={({ amount, unit }) => onChange({ mode: 'after', amount, unit })}
      />
    </div>
  );
}

type AfterInputsProps = { value: Extract<ExpiryChoice, { mode: 'after' }>; onChange: (value: ExpiryChoice) => void; wrong: AriaAttributes };

function AfterInputs({ value, onChange, wrong }: AfterInputsProps) {
  return (
    <div className={styles.row}>
      <input
        type="number"
        min={1}
        step={1}
        inputMode="numeric"
        aria-label="Amount of time"
        {...wrong}
        className={classes(field.input, styles.amount)}
        value={Number.isNaN(value.amount) ? '' : value.amount}
        onChange={(event) => onChange({ ...value, amount: event.target.valueAsNumber })}
      />
      <select
        aria-label="Unit of time"
        className={classes(field.input, styles.auto)}
        value={value.unit}
        onChange={(event) => onChange({ ...value, unit: event.target.value as ExpirationUnit })}
      >
        <option value="Minutes">Minutes</option>
        <option value="Hours">Hours</option>
        <option value="Days">Days</option>
      </select>
      <span>from its creation</span>
    </div>
  );
}

function Result({ value, maximumMs, now }: { value: ExpiryChoice; maximumMs: number | null; now: number }) {
  const end = value.mode === 'never' && maximumMs !== null ? now + maximumMs : endOf(value, now);
  if (value.mode === 'never' && end === null) {
    return <p className={styles.result}>It works until somebody deletes it. A short life is safer: a token that is forgotten then ends by itself.</p>;
  }
  if (end === null) return <p className={styles.result}>Say how long it shall live.</p>;
  const over = maximumMs !== null && end > now + maximumMs;
  return (
    <p className={classes(styles.result, over && styles.over)} title={utc(end)}>
      Ends {distance(end, now)} · {exact(end)}
      {over && maximumMs !== null && `, beyond the maximum of ${span(maximumMs)}`}
    </p>
  );
}
