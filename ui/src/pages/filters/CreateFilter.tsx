import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { createFilter, filtersKey } from '../../api/filters';
import { ButtonLink } from '../../components/Button';
import { PageHead } from '../../components/PageHead';
import { useInsist } from '../../lib/insist';
import { FilterForm } from './FilterForm';

export default function CreateFilter() {
  const client = useQueryClient();
  const create = useInsist(createFilter);
  const [, navigate] = useLocation();
  return (
    <>
      <PageHead title="New IP filter" back={{ to: '/ip-filters', label: 'IP filters' }} />
      <FilterForm
        start={{ name: '', ipFilter: '' }}
        action="Create filter"
        pendingLabel="Creating"
        save={create}
        autoFocus
        onSaved={(filter) => {
          void client.invalidateQueries({ queryKey: filtersKey });
          navigate(`/ip-filters/${encodeURIComponent(filter.id)}`, { replace: true });
        }}
        extra={<ButtonLink to="/ip-filters">Cancel</ButtonLink>}
      />
    </>
  );
}
