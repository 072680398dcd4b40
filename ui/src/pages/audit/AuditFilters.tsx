import { useId } from 'react';
import field from '../../components/Field.module.css';
import { Field } from '../../components/Field';
import { localValue } from '../../lib/expiry';
import { useTyped } from '../../lib/useListState';
import { masked } from '../../lib/withoutSecret';
import { deeds } from './actions';
import styles from './Audit.module.css';
import { kinds } from './sentence';

type Change = Readonly<Record<string, string | null>>;
type AuditFiltersProps = { params: URLSearchParams; onChange: (change: Change) => void };

/** What of the log is shown. All of it is in the URL. */
export function AuditFilters({ params, onChange }: AuditFiltersProps) {
  const type = params.get('type') ?? '';
  const typeId = useId();
  const action = params.get('action') ?? '';
  const actionId = useId();
  const [actor, setActor] = useTyped(params.get('actor') ?? '', (value) => onChange({ actor: value.trim() === 'root' ? 'localroot' : value.trim() }));
  const [token, setToken] = useTyped(params.get('token') ?? '', (value) => onChange({ token: value.trim() }));
  return (
    <search className={styles.filters}>
      <div className={field.field}>
        <label className={field.label} htmlFor={typeId}>
          Kind
        </label>
        <select id={typeId} className={field.input} value={type} onChange={(event) => onChange({ type: event.target.value })}>
          <option value="">All</option>
          {Object.entries(kinds).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
          {type !== '' && kinds[type] === undefined && <option value={type}>{type}</option>}
        </select>
      </div>
      <div className={field.field}>
        <label className={field.label} htmlFor={actionId}>
          Action
        </label>
        <select id={actionId} className={field.input} value={action} onChange={(event) => onChange({ action: event.target.value })}>
          <option value="">Any</option>
          {deeds.map(({ label, actions }) => (
            <option key={label} value={actions.join(',')}>
              {label}
            </option>
          ))}
          {action !== '' && !deeds.some(({ actions }) => actions.join(',') === action) && <option value={action}>{action}</option>}
        </select>
      </div>
      <Field label="Actor" placeholder="root, system, or a token" value={actor} onChange={(text) => setActor(masked(text))} autoComplete="off" spellCheck="false" mono />
      <Field label="Token" placeholder="A token’s name or id" value={token} onChange={(text) => setToken(masked(text))} autoComplete="off" spellCheck="false" mono />
      <MomentField label="From" value={params.get('since')} onChange={(since) => onChange({ since })} />
      <MomentField label="Until" value={params.get('until')} onChange={(until) => onChange({ until })} />
    </search>
  );
}

function MomentField({ label, value, onChange }: { label: string; value: string | null; onChange: (value: string | null) => void }) {
  const id = useId();
  const at = value === null ? Number.NaN : Date.parse(value);
  return (
    <div className={field.field}>
      <label className={field.label} htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        type="datetime-local"
        className={field.input}
        value={Number.isNaN(at) ? '' : localValue(at)}
        onChange={(event) => {
          const typed = new Date(event.target.value);
          onChange(Number.isNaN(typed.getTime()) ? null : typed.toISOString());
        }}
      />
    </div>
  );
}
