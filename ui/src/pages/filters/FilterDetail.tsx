import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { deleteFilter, filtersKey, filtersQuery, filterUsageQuery, type IPFilter, updateFilter } from '../../api/filters';
import { tokensKey } from '../../api/tokens';
import { mayManageCluster } from '../../api/viewer';
import { Button } from '../../components/Button';
import { Confirm } from '../../components/Confirm';
import { Name } from '../../components/Name';
import { Notice, RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { asRefusal, useAction } from '../../lib/useAction';
import { useSession } from '../../shell/session';
import { FilterBench } from './FilterBench';
import { FilterForm } from './FilterForm';
import { FilterUsage } from './FilterUsage';

const back = { to: '/ip-filters', label: 'IP filters' };

export default function FilterDetail({ id }: { id: string }) {
  const { viewer } = useSession();
  const filters = useQuery({ ...filtersQuery, refetchInterval: 20_000 });
  const filter = filters.data?.find((one) => one.id === id);
  if (filter === undefined) {
    return (
      <>
        <PageHead title="IP filter" back={back} />
        <RefusalNotice refusal={filters.error ? asRefusal(filters.error) : null} />
        {filters.data && <Notice tone="warn" title="This filter is not there any more." />}
      </>
    );
  }
  return (
    <>
      <PageHead title={filter.name} heading={<Name name={filter.name} />} back={back} />
      {mayManageCluster(viewer) ? <Editor filter={filter} /> : <FilterBench rules={filter.ipFilter} mayTest={false} />}
      <FilterUsage id={id} />
    </>
  );
}

function Editor({ filter }: { filter: IPFilter }) {
  const client = useQueryClient();
  // What was there when the editing began: somebody else may change the filter meanwhile.
  const [start, setStart] = useState(filter);
  const [loads, setLoads] = useState(0);
  const [deleting, setDeleting] = useState(false);
  const [saved, setSaved] = useState(false);
  const overtaken = start.ipFilter !== filter.ipFilter || start.name !== filter.name;
  return (
    <>
      {overtaken && (
        <Notice
          tone="warn"
          urgent
          title="Somebody changed this filter while it was open here."
          actions={
            <Button
              onPress={() => {
                setStart(filter);
                setLoads(loads + 1);
              }}
            >
              Load what is there now
            </Button>
          }
        >
          <p>Saving would write over that change.</p>
        </Notice>
      )}
      {saved && !overtaken && <Notice tone="good" urgent title="Saved. It binds for every token that uses the filter." />}
      <FilterForm
        key={loads}
        start={start}
        action="Save filter"
        pendingLabel="Saving"
        save={(draft) => updateFilter({ id: filter.id, ...draft })}
        usage={() => client.fetchQuery({ ...filterUsageQuery(filter.id, 0, 0), staleTime: 0 })}
        onSaved={(next) => {
          client.setQueryData(filtersQuery.queryKey, (all) => all?.map((one) => (one.id === next.id ? next : one)));
          void client.invalidateQueries({ queryKey: filtersKey });
          void client.invalidateQueries({ queryKey: tokensKey });
          setStart(next);
          setSaved(true);
        }}
        extra={
          <Button look="danger" onPress={() => setDeleting(true)}>
            Delete filter
          </Button>
        }
      />
      {deleting && <DeleteFilter filter={filter} onClose={() => setDeleting(false)} />}
    </>
  );
}

function DeleteFilter({ filter, onClose }: { filter: IPFilter; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const deleting = useAction(async () => {
    await deleteFilter(filter.id);
    navigate('/ip-filters', { replace: true });
    await client.invalidateQueries({ queryKey: filtersKey });
  });
  return (
    <Confirm
      title={
        <>
          Delete the filter <Name name={filter.name} />?
        </>
      }
      action="Delete filter"
      pendingLabel="Deleting"
      pending={deleting.pending}
      refusal={deleting.refusal}
      onConfirm={() => void deleting.run()}
      onClose={onClose}
    >
      <p>Its rules are gone then. While a token or a policy uses it, the server refuses.</p>
    </Confirm>
  );
}
