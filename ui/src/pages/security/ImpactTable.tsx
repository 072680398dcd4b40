import { Link } from 'wouter';
import type { PolicyImpact } from '../../api/security';
import { Distance, Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Column, Row, Table, Value } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { classes } from '../../lib/classes';
import { dayOf, number } from '../../lib/time';
import { notUsed } from '../../lib/used';
import styles from './Security.module.css';

/** Four numbers and the strip they make: how large the change is, at one glance. */
export function ImpactCounts({ impact, stale }: { impact: PolicyImpact; stale: boolean }) {
  const counts = [
    { label: 'deleted', n: impact.deleted, look: styles.deleted },
    { label: 'shortened', n: impact.capped, look: styles.capped },
    { label: 're-filtered', n: impact.refiltered, look: styles.refiltered },
    { label: 'unchanged', n: impact.unchanged, look: styles.unchanged },
  ];
  return (
    <div className={classes(styles.counts, stale && styles.stale)}>
      <div className={styles.strip} aria-hidden="true">
        {counts.map(({ label, n, look }) => n > 0 && <span key={label} className={look} style={{ flexGrow: n }} />)}
      </div>
      <dl className={styles.numbers}>
        {counts.map(({ label, n, look }) => (
          <div key={label} className={classes(n === 0 && styles.zero)}>
            <dt>
              <span className={classes(styles.swatch, look)} aria-hidden="true" />
              {label}
            </dt>
            <dd>{number(n)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** When most of the shortened tokens would end: whoever renews them has a busy day. */
export function BusiestDays({ days }: { days: PolicyImpact['busiestDays'] }) {
  const [first, ...others] = days;
  if (first === undefined) return null;
  return (
    <p>
      <strong>
        {number(first.count)} of them will end on {dayOf(first.day)}
      </strong>
      {others.length > 0 && <>, then {others.map(({ day, count }) => `${number(count)} on ${dayOf(day)}`).join(', ')}</>} (days in UTC).
    </p>
  );
}

type ImpactRows = PolicyImpact['tokens'];

export function ImpactTable({ rows, filterName, stale }: { rows: ImpactRows; filterName: string | null; stale: boolean }) {
  return (
    <Table
      label="Tokens that change"
      stale={stale}
      head={
        <>
          <Column width="34%">Token</Column>
          <Column>What happens</Column>
          <Column>Last used</Column>
          <Column>Expiry before → after</Column>
        </>
      }
    >
      {rows.map(({ token, effect, newExpireAt }) => (
        <Row key={token.id}>
          <Value label="Token" lead>
            <Link to={`/tokens/${encodeURIComponent(token.id)}`} className={styles.link}>
              <Name name={token.name} clamp />
            </Link>
          </Value>
          <Value label="What happens">
            {effect === 'Deleted' && <Tag tone="dead">deleted</Tag>}
            {effect === 'Capped' && <Tag tone="soon">shortened</Tag>}
            {effect === 'Refiltered' && <Tag>re-filtered</Tag>}
            {effect !== 'Deleted' && filterName !== null && <span className={styles.quiet}> gets <Name name={filterName} /></span>}
          </Value>
          <Value label="Last used" fixed>{token.lastUsedAt == null ? <span className={styles.wraps}>{notUsed(token)}</span> : <Distance at={token.lastUsedAt} past />}</Value>
          <Value label="Expiry">
            <span className={classes(styles.whole, effect !== 'Refiltered' && styles.before)}>{token.expireAt == null ? 'Never' : <Exact at={token.expireAt} />}</span>
            {effect !== 'Refiltered' && <> <span className={styles.whole}>→ {effect === 'Deleted' ? 'gone at once' : newExpireAt == null ? 'Never' : <Exact at={newExpireAt} />}</span></>}
          </Value>
        </Row>
      ))}
    </Table>
  );
}
