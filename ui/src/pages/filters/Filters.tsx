import { Link } from 'wouter';
import { filtersQuery } from '../../api/filters';
import { mayManageCluster, mayReadRules } from '../../api/viewer';
import { Button, ButtonLink } from '../../components/Button';
import { MayNot, needs, Takes } from '../../components/MayNot';
import { Name } from '../../components/Name';
import { RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Pager } from '../../components/Pager';
import { SearchBox } from '../../components/SearchBox';
import { Bones, Column, Row, Table, Value } from '../../components/Table';
import { Teach } from '../../components/Teach';
import { curlLine } from '../../lib/curl';
import { fold } from '../../lib/fold';
import { serverAddress } from '../../lib/home';
import { isEmptyOfRules, linesOf } from '../../lib/rules';
import { counted } from '../../lib/time';
import { useListQuery } from '../../lib/useListQuery';
import { pageOf, useLastPageInstead, useTyped, useUrlState } from '../../lib/useListState';
import { useSession } from '../../shell/session';
import styles from './Filters.module.css';

const size = 50;
// Three lines of a cell hold no more letters of the rules than these.
const shown = 500;
const example = String.raw`mutation { createIPFilter(input: {name: "office", ipFilter: "allow 203.0.113.0/24\ndeny all"}) { id } }`;

export default function Filters() {
  const { viewer } = useSession();
  if (mayReadRules(viewer)) return <FilterList />;
  return (
    <>
      <PageHead title="IP filters" />
      <MayNot what="see IP filters" needed={needs.either} />
    </>
  );
}

function FilterList() {
  const { viewer } = useSession();
  const [params, change] = useUrlState();
  const search = params.get('q') ?? '';
  const page = pageOf(params);
  const [typed, setTyped] = useTyped(search, (q) => change({ q, page: null }, true));
  const filters = useListQuery(filtersQuery);
  const wanted = fold(search.trim());
  const found = filters.data?.filter((filter) => fold(filter.name).includes(wanted) || filter.id === search.trim());
  const none = filters.data?.length === 0;
  const turnTo = (next: number, replace = false) => change({ page: next === 1 ? null : String(next) }, replace);
  const rows = found?.slice((page - 1) * size, page * size);
  useLastPageInstead(rows && found && { shown: rows.length, total: found.length, size }, turnTo);
  const add = mayManageCluster(viewer) && (
    <ButtonLink to="/ip-filters/new" look="primary">
      + Add new
    </ButtonLink>
  );

  return (
    <>
      <PageHead title="IP filters" intro="Named lists of rules that say from which addresses a token may be used." actions={add} />
      {!mayManageCluster(viewer) && <Takes what="make or change them" needed={needs.manages} />}
      {!none && <SearchBox label="Filter by name" value={typed} onChange={setTyped} />}
      <RefusalNotice refusal={filters.refusal} />
      {none && (
        <Teach title="No IP filter yet" actions={add} curl={curlLine(serverAddress(), example)}>
          <p>A token without a filter works from any address. With one, its string is worth nothing to a thief elsewhere.</p>
          <p>The lines are tried from top to bottom and the first that matches decides. A filter is kept apart from the tokens that use it: a change binds for all of them at once.</p>
        </Teach>
      )}
      {!none && !filters.failed && (
        <>
          <Table
            label="IP filters"
            coming={rows === undefined}
            head={
              <>
                <Column width="30%">Name</Column>
                <Column width="50%">Rules</Column>
                <Column>Length</Column>
              </>
            }
          >
            {rows === undefined ? (
              <Bones rows={6} columns={3} />
            ) : (
              rows.map((filter) => (
                <Row key={filter.id}>
                  <Value label="Name" lead>
                    <Link to={`/ip-filters/${encodeURIComponent(filter.id)}`} className={styles.link}>
                      <Name name={filter.name} clamp />
                    </Link>
                  </Value>
                  <Value label="Rules" whole>
                    <span className={styles.rules}>{filter.ipFilter.slice(0, shown)}</span>
                  </Value>
                  <Value label="Length" bare>{isEmptyOfRules(filter.ipFilter) ? 'No rules' : counted(linesOf(filter.ipFilter.trimEnd()).length, 'line')}</Value>
                </Row>
              ))
            )}
          </Table>
          {found?.length === 0 && (
            <p>
              No filter has “<Name name={search} />” in its name. <Button small look="quiet" onPress={() => setTyped('')}>Show all filters</Button>
            </p>
          )}
          <Pager page={page} size={size} total={found?.length} noun="filters" onPage={turnTo} />
        </>
      )}
    </>
  );
}
