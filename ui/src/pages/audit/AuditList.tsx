import type { AuditEvent } from '../../api/audit';
import { Bones, Table } from '../../components/Table';
import styles from './Audit.module.css';
import { EventDetail } from './EventDetail';
import { Events, Said, saidId } from './Events';
import { sentenceOf } from './sentence';

type AuditListProps = { events: readonly AuditEvent[] | undefined; stale: boolean; opened: string | null; onOpen: (id: string | null) => void };

/** The entries of a page, each with its details behind a button. */
export function AuditList({ events, stale, opened, onOpen }: AuditListProps) {
  if (events === undefined) {
    return (
      <Table label="Audit log" stale head={null}>
        <Bones rows={10} columns={2} />
      </Table>
    );
  }
  return (
    <Events name="Audit log" stale={stale}>
      {events.map((event) => {
        const open = opened === event.id;
        return (
          <Said key={event.id} event={event} sentence={sentenceOf(event)} opener={<Opener event={event} open={open} onPress={() => onOpen(open ? null : event.id)} />}>
            {open && (
              <div id={detailId(event)} className={styles.detail}>
                <EventDetail event={event} />
              </div>
            )}
          </Said>
        );
      })}
    </Events>
  );
}

const detailId = ({ id }: AuditEvent) => `event-${id}`;

function Opener({ event, open, onPress }: { event: AuditEvent; open: boolean; onPress: () => void }) {
  return (
    <button
      type="button"
      className={styles.open}
      aria-label="Details"
      aria-describedby={saidId(event)}
      aria-expanded={open}
      aria-controls={open ? detailId(event) : undefined}
      onClick={onPress}
    >
      <span aria-hidden="true">{open ? '▾' : '▸'}</span>
    </button>
  );
}
