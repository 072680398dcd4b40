import { auditQuery } from '../../api/audit';
import { mayReadRules } from '../../api/viewer';
import { Button } from '../../components/Button';
import { MayNot, needs } from '../../components/MayNot';
import { RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Pager } from '../../components/Pager';
import { Teach } from '../../components/Teach';
import { useListQuery } from '../../lib/useListQuery';
import { pageOf, useLastPageInstead, useUrlState } from '../../lib/useListState';
import { useSession } from '../../shell/session';
import { AuditFilters } from './AuditFilters';
import { AuditList } from './AuditList';
import { Export } from './Export';
import { isNarrowed, selectionOf } from './selection';

const size = 50;
const none = { type: null, action: null, actor: null, token: null, since: null, until: null, page: null, event: null };

export default function Audit() {
  if (mayReadRules(useSession().viewer)) return <Log />;
  return (
    <>
      <PageHead title="Audit log" />
      <MayNot what="see the audit log" needed={needs.either} />
    </>
  );
}

function Log() {
  const [params, change] = useUrlState();
  const page = pageOf(params);
  const selection = selectionOf(params);
  const events = useListQuery({ ...auditQuery({ ...selection, skip: (page - 1) * size, limit: size }), refetchInterval: page === 1 ? 15_000 : false });
  const total = events.data?.totalResults ?? 0;
  const turnTo = (next: number, replace = false) => change({ page: next === 1 ? null : String(next), event: null }, replace);
  useLastPageInstead(events.data === undefined || events.stale ? undefined : { shown: events.data.results.length, total, size }, turnTo);
  const empty = events.data !== undefined && total === 0;
  return (
    <>
      <PageHead
        title="Audit log"
        intro="Changes, refusals, and who read what, newest first. Nothing secret is ever in it."
        actions={<Export shown={events.data?.results ?? []} selection={selection} total={total} />}
      />
      <AuditFilters params={params} onChange={(values) => change({ ...values, page: null, event: null }, true)} />
      <RefusalNotice refusal={events.refusal} />
      {empty && isNarrowed(selection) && (
        <Teach title="Nothing fits" actions={<Button onPress={() => change(none)}>Show all entries</Button>}>
          <p>No entry fits all that is chosen.</p>
        </Teach>
      )}
      {empty && !isNarrowed(selection) && (
        <Teach title="Nothing has happened yet">
          <p>The first change of a token, a filter or a policy will stand here, with who made it and from where.</p>
        </Teach>
      )}
      {!empty && !events.failed && (
        <>
          <AuditList
            events={events.data?.results}
            stale={events.stale}
            opened={params.get('event')}
            onOpen={(id) => change({ event: id }, true)}
          />
          <Pager
            page={page}
            size={size}
            total={events.data && total}
            noun="entries"
            onPage={(next) => {
              turnTo(next);
              window.scrollTo(0, 0);
            }}
          />
        </>
      )}
    </>
  );
}
