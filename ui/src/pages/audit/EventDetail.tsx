import type { AuditEvent } from '../../api/audit';
import { CopyButton } from '../../components/CopyButton';
import { Name } from '../../components/Name';
import { utc } from '../../lib/time';
import styles from './Audit.module.css';
import { jsonLines } from './selection';

/** One entry in full, under the names that the API gives. */
export function EventDetail({ event }: { event: AuditEvent }) {
  const rows: [string, string | null | undefined][] = [
    ['id', event.id],
    ['timestamp', utc(event.timestamp)],
    ['type', event.type],
    ['actionName', event.actionName],
    ['refused', event.refused],
    ['sensitive', event.sensitive ? 'yes' : 'no'],
    ['tokenId', event.tokenId],
    ['actor.type', event.actor.type],
    ['actor.tokenId', event.actor.tokenId],
    ['actor.tokenName', event.actor.tokenName],
    ['actor.ip', event.actor.ip],
    ['actor.requestId', event.actor.requestId],
    ...event.fields.map(({ name, value }): [string, string] => [name, value]),
  ];
  return (
    <div className={styles.full}>
      <dl className={styles.rows}>
        {rows
          .filter(([, value]) => value != null && value !== '')
          .map(([name, value], index) => (
            <div key={`${name} ${index}`}>
              <dt>{name}</dt>
              <dd>
                <Name name={value ?? ''} />
              </dd>
            </div>
          ))}
      </dl>
      <div>
        <CopyButton small text={jsonLines([event]).trimEnd()} label="Copy as JSON" />
      </div>
    </div>
  );
}
