import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { filtersKey, filtersQuery, filterImpact, filterUsageQuery, type IPFilter, testFilter, updateFilter } from '../../api/filters';
import { tokenQuery, tokensKey } from '../../api/tokens';
import { mayManageCluster, mayReadRules } from '../../api/viewer';
import { Button } from '../../components/Button';
import { MayNot, needs, Takes } from '../../components/MayNot';
import { Name } from '../../components/Name';
import { Notice, RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Refusal } from '../../lib/refusal';
import { tell } from '../../lib/told';
import { asRefusal } from '../../lib/useAction';
import { useSession } from '../../shell/session';
import { DeleteFilter } from './DeleteFilter';
import { FilterBench } from './FilterBench';
import { FilterForm } from './FilterForm';
import { FilterUsage } from './FilterUsage';

type Texts = { name: string; ipFilter: string };

const back = { to: '/ip-filters', label: 'IP filters' };

export default function FilterDetail({ id }: { id: string }) {
  const { viewer } = useSession();
  if (mayReadRules(viewer)) return <Known id={id} />;
  return (
    <>
      <PageHead title="IP filter" />
      <MayNot what="see IP filters" needed={needs.either} />
    </>
  );
}

function Known({ id }: { id: string }) {
  const { viewer } = useSession();
  const filters = useQuery({ ...filtersQuery, refetchOnMount: 'always', refetchInterval: 20_000 });
  const filter = filters.data?.find((one) => one.id === id);
  if (filter === undefined) {
    return (
      <>
        <PageHead title="IP filter" back={back} />
        <RefusalNotice refusal={filters.error ? asRefusal(filters.error) : null} />
        {filters.data && (
          <Notice tone="warn" title="This filter is not there any more">
            <p>It was deleted, or there never was one.</p>
          </Notice>
        )}
      </>
    );
  }
  return (
    <>
      <PageHead title={filter.name} heading={<Name name={filter.name} />} back={back} />
      {mayManageCluster(viewer) ? (
        <Editor key={id} filter={filter} />
      ) : (
        <>
          <Takes what="change or delete it" needed={needs.manages} />
          <FilterBench rules={filter.ipFilter} mayTest={false} />
        </>
      )}
      <FilterUsage id={id} />
    </>
  );
}

function Editor({ filter }: { filter: IPFilter }) {
  const client = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const { address, id: own, isRoot } = useSession().viewer;
  // The server refuses new rules then: a token could let itself in from anywhere, or shut itself
  // out.
  const bindsMe = useQuery({ ...tokenQuery(own), enabled: !isRoot }).data?.ipFilterV2?.id === filter.id;
  // Read right before: whoever changed it since the editing began is not to be written over.
  const unchanged = async (base: Texts) => {
    const there = (await client.fetchQuery({ ...filtersQuery, staleTime: 0 })).find((one) => one.id === filter.id);
    if (there === undefined || (there.name === base.name && there.ipFilter === base.ipFilter)) return;
    throw new Refusal('refused', 'Somebody changed this filter meanwhile. Nothing was saved.', { code: 'CONFLICT' });
  };
  const binding = async ({ ipFilter }: Texts, base: Texts) => {
    await unchanged(base);
    const [impact, { policies }, own] = await Promise.all([
      filterImpact({ id: filter.id, ipFilter }),
      client.fetchQuery({ ...filterUsageQuery(filter.id, 0, 0), staleTime: 0 }),
      address == null ? null : testFilter(ipFilter, address),
    ]);
    return { ...impact, policies, shutOut: own?.allowed === false ? (address ?? null) : null };
  };
  return (
    <>
      {bindsMe && (
        <Notice tone="info" title="Your own token is bound to this filter">
          <p>So you may not change its rules, only its name. To change them, sign in with a token that has another filter, or as root.</p>
        </Notice>
      )}
      <FilterForm
        start={filter}
        rulesFixed={bindsMe}
        id={filter.id}
        action="Save filter"
        pendingLabel="Saving"
        save={async (draft, base) => {
          await unchanged(base);
          return updateFilter({ id: filter.id, ...draft });
        }}
        binding={binding}
        keptAs={`/ip-filters/${filter.id}`}
        onSaved={(next) => {
          client.setQueryData(filtersQuery.queryKey, (all) => all?.map((one) => (one.id === next.id ? next : one)));
          void client.invalidateQueries({ queryKey: filtersKey });
          void client.invalidateQueries({ queryKey: tokensKey });
          tell({ text: 'Saved. It binds for every token that uses the filter.' });
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
