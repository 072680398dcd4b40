import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { createFilter, filtersKey } from '../../api/filters';
import { mayManageCluster } from '../../api/viewer';
import { ButtonLink } from '../../components/Button';
import { MayNot, needs } from '../../components/MayNot';
import { PageHead } from '../../components/PageHead';
import { useInsist } from '../../lib/insist';
import { shownName } from '../../lib/invisible';
import { tell } from '../../lib/told';
import { useSession } from '../../shell/session';
import { FilterForm } from './FilterForm';

export default function CreateFilter() {
  const { viewer } = useSession();
  return (
    <>
      <PageHead title="New IP filter" back={{ to: '/ip-filters', label: 'IP filters' }} />
      {mayManageCluster(viewer) ? <Form /> : <MayNot what="make IP filters" needed={needs.manages} />}
    </>
  );
}

function Form() {
  const client = useQueryClient();
  const create = useInsist(createFilter);
  const [, navigate] = useLocation();
  return (
    <FilterForm
      start={{ name: '', ipFilter: '' }}
      action="Create filter"
      pendingLabel="Creating"
      save={(draft) => create(draft)}
      keptAs="/ip-filters/new"
      autoFocus
      onSaved={(filter) => {
        void client.invalidateQueries({ queryKey: filtersKey });
        navigate(`/ip-filters/${encodeURIComponent(filter.id)}`, { replace: true });
        tell({ text: `The filter ${shownName(filter.name)} is made.`, link: { to: '/ip-filters/new', label: 'Make another' } });
      }}
      extra={<ButtonLink to="/ip-filters">Cancel</ButtonLink>}
    />
  );
}
