import { useQueryClient } from '@tanstack/react-query';
import { createFilter, filtersKey, type IPFilter } from '../../api/filters';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { useInsist } from '../../lib/insist';
import { shownName } from '../../lib/invisible';
import { tell } from '../../lib/told';
import { FilterForm } from './FilterForm';

/** A new filter on the spot, while making a token or setting a policy. */
export function NewFilterDialog({ onMade, onClose }: { onMade: (filter: IPFilter) => void; onClose: () => void }) {
  const client = useQueryClient();
  const create = useInsist(createFilter);
  return (
    <Dialog title="New IP filter" wide onClose={onClose}>
      <FilterForm
        start={{ name: '', ipFilter: '' }}
        action="Create filter"
        pendingLabel="Creating"
        save={(draft) => create(draft)}
        autoFocus
        onSaved={(filter) => {
          void client.invalidateQueries({ queryKey: filtersKey });
          onMade(filter);
          tell({ text: `The filter ${shownName(filter.name)} is made, and chosen.` });
        }}
        extra={<Button onPress={onClose}>Cancel</Button>}
      />
    </Dialog>
  );
}
