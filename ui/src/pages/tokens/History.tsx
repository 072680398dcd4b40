import { Link } from 'wouter';
import { auditQuery } from '../../api/audit';
import type { Permission } from '../../api/tokens';
import { RefusalNotice } from '../../components/Notice';
import { counted } from '../../lib/time';
import { useListQuery } from '../../lib/useListQuery';
import { Events, Said } from '../audit/Events';
import { sentenceOf } from '../audit/sentence';
import styles from './History.module.css';

const shown = 20;

/**
 * What has happened to a token, newest first: what the audit log has of it, in the same words. That
 * is of all strings it had, or of one alone.
 */
export function History({ id, permissions, allStrings = true }: { id: string; permissions: readonly Permission[]; allStrings?: boolean }) {
  const events = useListQuery({ ...auditQuery({ tokenIdFilter: id, allStrings, skip: 0, limit: shown }), refetchInterval: 30_000 });
  const label = (name: string) => {
    const known = permissions.find((permission) => permission.name === name)?.label;
    return known === undefined ? name : known.charAt(0).toLowerCase() + known.slice(1); // within a sentence
  };
  const more = (events.data?.totalResults ?? 0) - shown;
  return (
    <section className={styles.history} aria-labelledby="history">
      <div className={styles.head}>
        <h2 id="history">History</h2>
        <Link to={`/audit-log?token=${encodeURIComponent(id)}`}>In the audit log</Link>
      </div>
      <RefusalNotice refusal={events.refusal} />
      {events.data?.results.length === 0 && <p className={styles.quiet}>The audit log in the store has nothing of it any more.</p>}
      <Events name="History">
        {events.data?.results.map((event) => (
          <Said key={event.id} event={event} sentence={sentenceOf(event, { here: id, label })} />
        ))}
      </Events>
      {more > 0 && <p className={styles.quiet}>And {counted(more, 'earlier entry', 'earlier entries')} in the audit log.</p>}
    </section>
  );
}
