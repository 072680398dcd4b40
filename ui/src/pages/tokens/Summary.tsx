import type { Permission, PermissionName } from '../../api/tokens';
import { Button, ButtonLink } from '../../components/Button';
import { Name } from '../../components/Name';
import { PermissionGlyph } from '../../components/PermissionGlyph';
import { type ExpiryChoice, endOf } from '../../lib/expiry';
import { distance, exact, utc } from '../../lib/time';
import { useNow } from '../../lib/useNow';
import styles from './Create.module.css';
import type { TokenPolicy } from './tokenPolicy';

type SummaryProps = {
  name: string;
  permissions: readonly Permission[];
  chosen: readonly PermissionName[];
  filter: { name: string; ipFilter: string } | null;
  expiry: ExpiryChoice;
  policy: TokenPolicy;
  pending: boolean;
  /** Whether it cannot be made yet. */
  waits: boolean;
};

/** What is about to be made, in one look, beside the button that makes it. */
export function Summary({ name, permissions, chosen, filter, expiry, policy, pending, waits }: SummaryProps) {
  const labels = permissions.filter((permission) => chosen.includes(permission.name)).map((permission) => permission.label);
  return (
    <aside className={styles.summary} aria-label="What this makes">
      <dl>
        <div>
          <dt>Name</dt>
          <dd>{name.trim() === '' ? '–' : <Name name={name} clamp />}</dd>
        </div>
        <div>
          <dt>May</dt>
          <dd>
            <PermissionGlyph permissions={permissions} held={chosen} />
            {labels.length === 0 ? (
              <p>Nothing but look at itself</p>
            ) : (
              <ul className={styles.chosen}>
                {labels.map((label) => (
                  <li key={label}>{label}</li>
                ))}
              </ul>
            )}
          </dd>
        </div>
        <div>
          <dt>From</dt>
          <dd>
            {filter === null ? (
              'Any address'
            ) : (
              <>
                <Name name={filter.name} clamp />
                <pre className={styles.rules}>{filter.ipFilter}</pre>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Ends</dt>
          <dd>
            <End expiry={expiry} maximumMs={policy.maximumMs} />
          </dd>
        </div>
      </dl>
      <Button look="primary" type="submit" isDisabled={waits} isPending={pending} pendingLabel="Creating">
        Create token
      </Button>
      <ButtonLink to="/tokens">Cancel</ButtonLink>
    </aside>
  );
}

function End({ expiry, maximumMs }: { expiry: ExpiryChoice; maximumMs: number | null }) {
  const now = useNow();
  const end = expiry.mode === 'never' && maximumMs !== null ? now + maximumMs : endOf(expiry, now);
  if (end === null) return <>{expiry.mode === 'never' ? 'Never, until it is deleted' : '–'}</>;
  return (
    <span title={utc(end)}>
      {distance(end, now)}
      <br />
      {exact(end)}
    </span>
  );
}
