import { useState } from 'react';
import { CheckboxGroup } from 'react-aria-components/CheckboxGroup';
import { Label } from 'react-aria-components/Label';
import { type DescribedPermission, fits, type Group, groupsOf } from '../lib/permissions';
import { counted } from '../lib/time';
import { refusedMark } from '../lib/useLead';
import { ApiName } from './ApiName';
import { Checkbox } from './Checkbox';
import field from './Field.module.css';
import styles from './PermissionPicker.module.css';
import { SearchBox } from './SearchBox';

type PermissionPickerProps<Name extends string> = {
  permissions: readonly DescribedPermission<Name>[];
  value: readonly Name[];
  onChange: (value: Name[]) => void;
  /** What the signed-in identity holds: it can hand on nothing else. */
  grantable: readonly string[];
  /** The server's sentence about them. */
  error?: string | undefined;
};

/**
 * The permission map in full: every permission in its group, with its words, always in the same
 * order.
 */
export function PermissionPicker<Name extends string>({ permissions, value, onChange, grantable, error }: PermissionPickerProps<Name>) {
  const [search, setSearch] = useState('');
  const groups = groupsOf(permissions.filter((permission) => fits(permission, search)));
  return (
    <div className={styles.picker} {...(error !== undefined && { [refusedMark]: true })}>
      <div className={styles.tools}>
        <SearchBox label="Find a permission" value={search} onChange={setSearch} />
        <p role="status">
          {counted(value.length, 'permission')} chosen{search !== '' && `, ${groups.reduce((n, g) => n + g.permissions.length, 0)} shown`}
        </p>
      </div>
      <div className={styles.groups}>
        {groups.map((group) => (
          <PickerGroup key={group.name} group={group} value={value} onChange={onChange} grantable={grantable} />
        ))}
        {groups.length === 0 && <p>No permission fits.</p>}
      </div>
      {error !== undefined && (
        <p role="alert" className={field.error}>
          {error}
        </p>
      )}
    </div>
  );
}

type PickerGroupProps<Name extends string> = Omit<PermissionPickerProps<Name>, 'permissions' | 'error'> & { group: Group<DescribedPermission<Name>> };

function PickerGroup<Name extends string>({ group, value, onChange, grantable }: PickerGroupProps<Name>) {
  const names = group.permissions.map((permission) => permission.name);
  // What carries a warning is chosen by itself, never along with its group.
  const safe = group.permissions.filter(({ name, warning }) => warning == null && grantable.includes(name)).map(({ name }) => name);
  const chosen = names.filter((name) => value.includes(name));
  const allSafe = safe.length > 0 && safe.every((name) => chosen.includes(name));
  const dangerous = group.permissions.some(({ warning }) => warning != null);
  const others = value.filter((name) => !names.includes(name));
  return (
    <div className={styles.group}>
      <Checkbox
        isSelected={allSafe}
        isIndeterminate={chosen.length > 0 && !allSafe}
        isDisabled={safe.length === 0}
        onChange={(all) => onChange([...others, ...(all ? names.filter((name) => chosen.includes(name) || safe.includes(name)) : [])])}
        aria-label={`All of ${group.name}${dangerous ? ', without those that carry a warning' : ''}`}
      >
        <span className={styles.groupName}>{group.name}</span>
        {dangerous && <span className={styles.reason}>All but those that carry a warning</span>}
      </Checkbox>
      <CheckboxGroup
        value={chosen}
        onChange={(next) => onChange([...others, ...names.filter((name) => next.includes(name))])}
        className={styles.list}
      >
        <Label className="sr-only">{group.name}</Label>
        {group.permissions.map((permission) => (
          <Checkbox key={permission.name} value={permission.name} isDisabled={!grantable.includes(permission.name)}>
            <PermissionWords permission={permission} />
            {!grantable.includes(permission.name) && <span className={styles.reason}>You do not hold this yourself, so you cannot hand it on.</span>}
          </Checkbox>
        ))}
      </CheckboxGroup>
    </div>
  );
}

function PermissionWords({ permission }: { permission: DescribedPermission }) {
  return (
    <>
      <span className={styles.label}>{permission.label}</span>
      <ApiName name={permission.name} className={styles.api} />
      <span className={styles.description}>{permission.description}</span>
      {permission.warning != null && <span className={styles.warning}>{permission.warning}</span>}
    </>
  );
}

/** Every permission with whether a token holds it. */
export function PermissionList({ permissions, held }: { permissions: readonly DescribedPermission[]; held: readonly string[] }) {
  return (
    <div className={styles.groups}>
      {groupsOf(permissions).map((group) => (
        <section key={group.name} className={styles.group}>
          <h3>{group.name}</h3>
          <ul className={styles.list}>
            {group.permissions.map((permission) => {
              const granted = held.includes(permission.name);
              return (
                <li key={permission.name} className={`${styles.held} ${granted ? '' : styles.not}`}>
                  <span className={granted ? styles.yes : styles.no} role="img" aria-label={granted ? 'Granted' : 'Not granted'}>
                    {granted ? '✓' : '✕'}
                  </span>
                  <span>
                    <span className={styles.label}>{permission.label}</span> <ApiName name={permission.name} className={styles.api} />
                  </span>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}
