import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { filtersQuery, type IPFilter } from '../../api/filters';
import { Button } from '../../components/Button';
import { FilterPicker } from '../../components/FilterPicker';
import { Name } from '../../components/Name';
import { NewFilterDialog } from '../filters/NewFilterDialog';
import styles from './Create.module.css';

type FilterStepProps = {
  filters: readonly IPFilter[];
  value: string | null;
  onChange: (id: string | null) => void;
  enforced: { name: string; ipFilter: string } | null;
  error: string | undefined;
  mayCreate: boolean;
};

/**
 * The addresses from which the token may be used: chosen, made on the spot, or given by the policy.
 */
export function FilterStep({ filters, value, onChange, enforced, error, mayCreate }: FilterStepProps) {
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  if (enforced !== null) {
    return (
      <p className={styles.enforced}>
        The security policy gives every system token the filter <Name name={enforced.name} />.
      </p>
    );
  }
  return (
    <div className={styles.narrow}>
      <FilterPicker
        // A filter made on the spot must appear chosen; the list it is chosen from is a new one
        // then.
        key={filters.length}
        label="Only from the addresses of"
        none="Any address"
        filters={filters}
        value={value}
        onChange={onChange}
        error={error}
        description="It cannot be taken off or exchanged later; its rules can be edited."
      />
      {mayCreate && (
        <div>
          <Button look="quiet" onPress={() => setMaking(true)}>
            New filter
          </Button>
        </div>
      )}
      {making && (
        <NewFilterDialog
          onClose={() => setMaking(false)}
          onMade={(filter) => {
            client.setQueryData(filtersQuery.queryKey, (all) => [...(all ?? []), filter]);
            onChange(filter.id);
            setMaking(false);
          }}
        />
      )}
    </div>
  );
}
