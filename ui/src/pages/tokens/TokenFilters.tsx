import { type ReactNode, useId } from 'react';
import type { Permission } from '../../api/tokens';
import field from '../../components/Field.module.css';
import { shownName } from '../../lib/invisible';
import { groupsOf } from '../../lib/permissions';
import type { Change } from '../../lib/useListState';
import { Creator } from './Creator';
import { endsWords, type Selection, stateWords, unusedWords } from './selection';
import styles from './TokenFilters.module.css';

type TokenFiltersProps = {
  id: string;
  selection: Selection;
  permissions: readonly Permission[];
  filters: readonly { id: string; name: string }[];
  onChange: (change: Change, replace?: boolean) => void;
};

/** Everything by which the list can be narrowed down. All of it is in the URL at once. */
export function TokenFilters({ id, selection, permissions, filters, onChange }: TokenFiltersProps) {
  return (
    <div id={id} className={styles.panel} role="group" aria-label="Filters">
      <Permissions permissions={permissions} held={selection.permissions} onChange={onChange} />
      <fieldset className={styles.set}>
        <legend>State, any of</legend>
        <div className={styles.states}>
          {Object.entries(stateWords).map(([state, label]) => (
            <Tick key={state} name="state" value={state} chosen={selection.states.filter((other) => (other === 'Ended') === (state === 'Ended'))} onChange={onChange}>
              {label}
            </Tick>
          ))}
        </div>
      </fieldset>
      <div className={styles.fields}>
        <Ends value={selection.ends} onChange={(ends) => onChange({ ends })} />
        <Choice
          label="Not used for"
          value={selection.unusedDays === null ? '' : String(selection.unusedDays)}
          options={[['', 'Used or not'], ...withOwn([7, 30, 90, 180, 365], selection.unusedDays).map((days): Option => [String(days), unusedWords(days)])]}
          onChange={(unused) => onChange({ unused })}
        />
        <FilterChoice value={selection.filters} filters={filters} onChange={(filter) => onChange({ filter })} />
        <Creator value={selection.creator} onChange={(creator) => onChange({ creator }, true)} />
      </div>
    </div>
  );
}

type Option = readonly [value: string, label: string];

/** The usual lengths, and the one that the URL has. */
function withOwn(usual: readonly number[], own: unknown): number[] {
  return typeof own === 'number' && !usual.includes(own) ? [...usual, own].toSorted((a, b) => a - b) : [...usual];
}

type ListOnChange = TokenFiltersProps['onChange'];

function Permissions({ permissions, held, onChange }: { permissions: readonly Permission[]; held: readonly string[]; onChange: ListOnChange }) {
  return (
    <fieldset className={styles.set}>
      <legend>May do any of</legend>
      <div className={styles.groups}>
        {groupsOf(permissions).map((group) => (
          <div key={group.name} role="group" aria-label={group.name}>
            <p className={styles.group} aria-hidden="true">
              {group.name}
            </p>
            {group.permissions.map((permission) => (
              <Tick key={permission.name} name="permission" value={permission.name} chosen={held} onChange={onChange}>
                {permission.label}
              </Tick>
            ))}
          </div>
        ))}
      </div>
    </fieldset>
  );
}

type TickProps = { name: string; value: string; chosen: readonly string[]; onChange: ListOnChange; children: ReactNode };

/** One of several that will do. */
function Tick({ name, value, chosen, onChange, children }: TickProps) {
  const others = chosen.filter((one) => one !== value);
  return (
    <label className={styles.tick}>
      <input type="checkbox" checked={chosen.includes(value)} onChange={(event) => onChange({ [name]: (event.target.checked ? [...others, value] : others).join(',') })} />
      <span>{children}</span>
    </label>
  );
}

function Ends({ value, onChange }: { value: Selection['ends']; onChange: (value: string) => void }) {
  const options = [...withOwn([1, 7, 30, 90, 365], value), 'never' as const, 'ever' as const];
  return <Choice label="Ends" value={value === null ? '' : String(value)} options={[['', 'At any time, or never'], ...options.map((ends): Option => [String(ends), endsWords(ends)])]} onChange={onChange} />;
}

type FilterChoiceProps = { value: Selection['filters']; filters: TokenFiltersProps['filters']; onChange: (value: string) => void };

function FilterChoice({ value, filters, onChange }: FilterChoiceProps) {
  const known: Option[] = filters.map(({ id, name }) => [id, shownName(name)]);
  const chosen = value === 'none' ? value : value.join(',');
  const own: Option[] = chosen === '' || chosen === 'none' || filters.some(({ id }) => id === chosen) ? [] : [[chosen, value.length > 1 ? `Any of ${value.length} filters` : `Filter ${chosen}`]];
  return <Choice label="IP filter" value={chosen} options={[['', 'With or without'], ['none', 'No IP filter'], ...own, ...known]} onChange={onChange} />;
}

function Choice({ label, value, options, onChange }: { label: string; value: string; options: readonly Option[]; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div className={field.field}>
      <label className={field.label} htmlFor={id}>
        {label}
      </label>
      <select id={id} className={field.input} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
