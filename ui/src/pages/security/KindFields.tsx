import { useId, useState } from 'react';
import type { ExpirationUnit } from '../../api/gen/graphql';
import type { IPFilter } from '../../api/filters';
import { Switch } from '../../components/Checkbox';
import field from '../../components/Field.module.css';
import { FilterPicker } from '../../components/FilterPicker';
import { isAmount } from '../../lib/amount';
import { classes } from '../../lib/classes';
import { unitMs } from '../../lib/expiry';
import { day } from '../../lib/time';
import { amountOf, type KindPolicy, longestLife } from './draft';
import styles from './Security.module.css';

type KindFieldsProps = {
  /** "system", as in "Allow system tokens". */
  noun: string;
  value: KindPolicy;
  onChange: (value: KindPolicy) => void;
  filters: readonly IPFilter[];
  /** Whether it binds tokens here, or is only kept. */
  binding: boolean;
  errors?: { maximum?: string | undefined; filter?: string | undefined };
};

/** The controls of one kind of tokens, in LogScale's words. */
export function KindFields({ noun, value, onChange, filters, binding, errors }: KindFieldsProps) {
  return (
    <div className={styles.fields}>
      <Switch isSelected={value.enabled} onChange={(enabled) => onChange({ ...value, enabled })} description={binding ? 'Switching this off deletes all existing ones.' : undefined}>
        Allow {noun} tokens
      </Switch>
      {value.updates !== undefined && (
        <Switch
          isSelected={value.updates}
          onChange={(updates) => onChange({ ...value, updates })}
          description={binding ? 'A change of permissions takes effect at once.' : undefined}
        >
          Allow updating permissions for existing tokens
        </Switch>
      )}
      <MaximumField noun={noun} binding={binding} value={value.maximumMs} onChange={(maximumMs) => onChange({ ...value, maximumMs })} error={errors?.maximum} />
      <div className={styles.filter}>
        <FilterPicker
          label="Enforce IP filter"
          none="None"
          filters={filters}
          value={value.filterId}
          onChange={(filterId) => onChange({ ...value, filterId })}
          error={errors?.filter}
          description={binding ? 'Every existing and new token gets it.' : undefined}
        />
      </div>
    </div>
  );
}

type MaximumFieldProps = { noun: string; binding: boolean; value: number | null | undefined; onChange: (ms: number | null | undefined) => void; error: string | undefined };

function MaximumField({ noun, binding, value, onChange, error }: MaximumFieldProps) {
  const errorId = useId();
  // The unit is remembered apart from the length: 24 hours typed in hours must not turn into a day
  // under the fingers.
  const [unit, setUnit] = useState<ExpirationUnit>(() => amountOf(value ?? 90 * day).unit);
  const [amount, setAmount] = useState(() => (value === undefined ? '' : String(amountOf(value ?? 90 * day).amount)));
  const send = (nextAmount: string, nextUnit: ExpirationUnit) => {
    const n = Number(nextAmount);
    onChange(isAmount(n) && n * unitMs[nextUnit] <= longestLife ? n * unitMs[nextUnit] : undefined);
  };
  return (
    <div className={styles.maximum}>
      <Switch
        isSelected={value !== null}
        onChange={(on) => (on ? send(amount, unit) : onChange(null))}
        description={`The longest life, counted from creation.${binding ? ' Tokens that have lived longer are deleted, longer ones shortened.' : ''}`}
      >
        Token expiration
      </Switch>
      {value !== null && (
        <div className={styles.row}>
          <input
            type="number"
            min={1}
            aria-invalid={error !== undefined}
            aria-describedby={error === undefined ? undefined : errorId}
            aria-label={`Maximum life of ${noun} tokens`}
            className={classes(field.input, styles.amount)}
            value={amount}
            onChange={(event) => {
              setAmount(event.target.value);
              send(event.target.value, unit);
            }}
          />
          <select
            aria-label={`Unit of the maximum life of ${noun} tokens`}
            className={classes(field.input, styles.unit)}
            value={unit}
            onChange={(event) => {
              const next = event.target.value as ExpirationUnit;
              setUnit(next);
              send(amount, next);
            }}
          >
            <option value="Minutes">Minutes</option>
            <option value="Hours">Hours</option>
            <option value="Days">Days</option>
          </select>
        </div>
      )}
      {error !== undefined && (
        <p id={errorId} role="alert" className={field.error}>
          {error}
        </p>
      )}
    </div>
  );
}
