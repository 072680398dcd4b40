import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { deleteFilter, filtersKey, filterUsageQuery, type IPFilter } from '../../api/filters';
import { mayAdministerTokens } from '../../api/viewer';
import { Button } from '../../components/Button';
import { Confirm } from '../../components/Confirm';
import { Dialog, DialogActions } from '../../components/Dialog';
import { Name } from '../../components/Name';
import { RefusalNotice } from '../../components/Notice';
import { shownName } from '../../lib/invisible';
import type { Refusal } from '../../lib/refusal';
import { number } from '../../lib/time';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useSession } from '../../shell/session';

/** Asks before a filter is deleted, or says why it cannot be. */
export function DeleteFilter({ filter, onClose }: { filter: IPFilter; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  // Read anew: what was read with the page may be old.
  const usage = useQuery({ ...filterUsageQuery(filter.id, 0, 0), staleTime: 0, gcTime: 0 });
  const deleting = useAction(async () => {
    try {
      await deleteFilter(filter.id);
    } catch (error) {
      // Somebody may use it since it was asked for.
      await usage.refetch();
      throw error;
    }
    navigate('/ip-filters', { replace: true });
    tell({ text: `The filter ${shownName(filter.name)} is deleted.` });
    await client.invalidateQueries({ queryKey: filtersKey });
  });
  if (usage.isLoading) return null;
  const { totalTokens: tokens, policies } = usage.data ?? { totalTokens: 0, policies: [] };
  if (tokens > 0 || policies.length > 0) return <InUse filter={filter} tokens={tokens} policies={policies} refusal={deleting.refusal} onClose={onClose} />;
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
      <p>Its rules are gone then. The server refuses to delete a filter that a token or a policy uses.</p>
    </Confirm>
  );
}

type InUseProps = { filter: IPFilter; tokens: number; policies: readonly string[]; refusal: Refusal | null; onClose: () => void };

/** What has to be done with a filter in use. A token keeps its filter as long as it lives. */
function InUse({ filter, tokens, policies, refusal, onClose }: InUseProps) {
  const mayList = mayAdministerTokens(useSession().viewer);
  return (
    <Dialog
      title={
        <>
          The filter <Name name={filter.name} /> is used
        </>
      }
      alert
      onClose={onClose}
    >
      {tokens > 0 && (
        <p>
          {tokens === 1 ? 'One token is' : `${number(tokens)} tokens are`} bound to it, and a token keeps its filter. Put {tokens === 1 ? 'one' : 'others'} with another filter in{' '}
          {tokens === 1 ? 'its' : 'their'} place first, and delete {tokens === 1 ? 'it' : 'them'}. {mayList && <Link to={`/tokens?filter=${encodeURIComponent(filter.id)}`}>Show {tokens === 1 ? 'it' : 'them'} in the list of tokens</Link>}
        </p>
      )}
      {policies.length > 0 && (
        <p>
          The security policy for {policies.join(', ')} tokens enforces it. Choose another filter, or none, <Link to="/security-policies">in the policies</Link> first.
        </p>
      )}
      <RefusalNotice refusal={refusal} />
      <DialogActions>
        <Button onPress={onClose} autoFocus>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
