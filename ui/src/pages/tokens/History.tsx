import { Link } from 'wouter';
import { type AuditEvent, auditQuery } from '../../api/audit';
import type { Permission } from '../../api/tokens';
import { Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { RefusalNotice } from '../../components/Notice';
import { counted } from '../../lib/time';
import { useListQuery } from '../../lib/useListQuery';
import styles from './History.module.css';
import { toldOf } from './story';

const shown = 20;

/** What has happened to a token, newest first: what the audit log has of it, in sentences. */
export function History({ id, permissions }: { id: string; permissions: readonly Permission[] }) {
  const events = useListQuery({ ...auditQuery({ tokenIdFilter: id, skip: 0, limit: shown }), refetchInterval: 30_000 });
  const label = (name: string) => permissions.find((permission) => permission.name === name)?.label ?? name;
  const more = (events.data?.totalResults ?? 0) - shown;
  return (
    <section className={styles.history} aria-labelledby="history">
      <div className={styles.head}>
        <h2 id="history">History</h2>
        <Link to={`/audit-log?token=${encodeURIComponent(id)}`}>In the audit log</Link>
      </div>
      <RefusalNotice refusal={events.refusal} />
      {events.data?.results.length === 0 && <p className={styles.quiet}>The audit log in the store has nothing of it any more.</p>}
      <ol className={styles.events}>
        {events.data?.results.map((event) => (
          <Entry key={event.id} event={event} id={id} label={label} />
        ))}
      </ol>
      {more > 0 && <p className={styles.quiet}>And {counted(more, 'earlier entry', 'earlier entries')} in the audit log.</p>}
    </section>
  );
}

function Entry({ event, id, label }: { event: AuditEvent; id: string; label: (name: string) => string }) {
  const { tone, text, other } = toldOf(event, id, label);
  return (
    <li className={styles[tone]}>
      <div className={styles.when}>
        <Exact at={event.timestamp} seconds />
      </div>
      <p>
        <bdi>{text}</bdi>.{' '}
        {other !== undefined && <Link to={`/tokens/${encodeURIComponent(other.id)}`}>{other.label}</Link>}
      </p>
      <Who event={event} />
    </li>
  );
}

function Who({ event: { actor } }: { event: AuditEvent }) {
  const name = actor.type === 'root' ? 'root' : (actor.tokenName ?? '');
  const ip = actor.ip ?? '';
  if (name === '' && ip === '') return null;
  return (
    <p className={styles.quiet}>
      {name !== '' && (
        <>
          by <Name name={name} />
        </>
      )}
      {ip !== '' && (
        <>
          {' '}
          from <code>{ip}</code>
        </>
      )}
    </p>
  );
}
