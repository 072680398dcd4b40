import { Link } from 'wouter';
import type { AuditEvent } from '../../api/audit';
import { Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Bones, Column, Row, Secondary, Table, Value } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { deedOf } from './actions';
import styles from './Audit.module.css';
import { EventDetail } from './EventDetail';
import { sentenceOf, subjectOf, types } from './selection';

type AuditTableProps = { events: readonly AuditEvent[] | undefined; stale: boolean; opened: string | null; onOpen: (id: string | null) => void };

export function AuditTable({ events, stale, opened, onOpen }: AuditTableProps) {
  return (
    <Table
      label="Audit log"
      stale={stale}
      head={
        <>
          <Column width="11.5rem">When</Column>
          <Column>What</Column>
          <Column width="18%">Who</Column>
          <Column width="22%">About</Column>
          <Column>Result</Column>
        </>
      }
    >
      {events === undefined ? (
        <Bones rows={10} columns={5} />
      ) : (
        events.map((event) => <EventRows key={event.id} event={event} open={opened === event.id} onOpen={onOpen} />)
      )}
    </Table>
  );
}

function EventRows({ event, open, onOpen }: { event: AuditEvent; open: boolean; onOpen: (id: string | null) => void }) {
  const label = deedOf(event) ?? types.find(({ value }) => value === event.type)?.label ?? event.type;
  return (
    <>
      <Row>
        <Value label="When" fixed bare>
          <Exact at={event.timestamp} seconds />
        </Value>
        <Value label="What" lead>
          <button
            type="button"
            className={styles.open}
            aria-expanded={open}
            aria-controls={open ? `event-${event.id}` : undefined}
            onClick={() => onOpen(open ? null : event.id)}
          >
            <span aria-hidden="true" className={styles.mark}>
              {open ? '▾' : '▸'}
            </span>
            {label}
          </button>
          <Secondary>{sentenceOf(event) ?? <code className={styles.action}>{event.actionName ?? event.type}</code>}</Secondary>
        </Value>
        <Value label="Who">
          <Who event={event} />
        </Value>
        <Value label="About">
          <About event={event} />
        </Value>
        <Value label="Result" bare>{event.refused == null ? 'Done' : <Tag tone="dead">refused</Tag>}</Value>
      </Row>
      {open && (
        <tr role="row" id={`event-${event.id}`}>
          <td role="cell" colSpan={5} className={styles.detail}>
            <EventDetail event={event} />
          </td>
        </tr>
      )}
    </>
  );
}

function Who({ event: { actor } }: { event: AuditEvent }) {
  return (
    <>
      {actor.type === 'root' ? 'root' : actor.tokenName != null && actor.tokenName !== '' ? <Name name={actor.tokenName} clamp /> : actor.type}
      {actor.ip != null && actor.ip !== '' && (
        <Secondary>
          from <code>{actor.ip}</code>
        </Secondary>
      )}
    </>
  );
}

function About({ event }: { event: AuditEvent }) {
  const { name, to, id } = subjectOf(event);
  if (to === undefined) return name === undefined ? null : <Name name={name} clamp />;
  return (
    <Link to={to} className={styles.token}>
      {name === undefined ? <code>{id.slice(0, 12)}…</code> : <Name name={name} clamp />}
    </Link>
  );
}
