import { useQueryClient } from '@tanstack/react-query';
import { useLastChange } from '../../api/audit';
import { type Permission, type PermissionName, type SystemToken, tokenQuery, updatePermissions } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Dialog, DialogActions } from '../../components/Dialog';
import { Name } from '../../components/Name';
import { RefusalNotice } from '../../components/Notice';
import { Overtaken } from '../../components/Overtaken';
import { PermissionPicker } from '../../components/PermissionPicker';
import { Restored } from '../../components/Restored';
import { hasDraft, useDraft } from '../../lib/drafts';
import { shownName } from '../../lib/invisible';
import { Refusal } from '../../lib/refusal';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useLeadToField } from '../../lib/useLead';
import { useSession } from '../../shell/session';
import styles from './Detail.module.css';

const keptAs = (id: string) => `/tokens/${id}#permissions`;

/** Whether a change of them was begun, and left. */
export const changesPermissions = (id: string) => hasDraft(keptAs(id));

const fieldLabels = { permissions: 'Permissions' };

type UpdatePermissionsProps = { token: SystemToken; permissions: readonly Permission[]; onClose: () => void };

export function UpdatePermissions({ token, permissions, onClose }: UpdatePermissionsProps) {
  const { viewer } = useSession();
  const client = useQueryClient();
  const names = permissions.map((permission) => permission.name);
  const inOrder = (some: readonly string[]) => names.filter((name) => some.includes(name));
  const now = inOrder(token.permissions);
  const { value: chosen, set, base, since, restored, overtaken, load, keep, drop } = useDraft(keptAs(token.id), now);
  const updating = useAction(async () => {
    // Read right before: what somebody else gave or took since then is not to be undone unawares.
    const there = await client.fetchQuery({ ...tokenQuery(token.id), staleTime: 0 });
    if (String(inOrder(there.permissions)) !== String(base)) throw new Refusal('refused', 'Somebody changed the permissions meanwhile. Nothing was saved.', { code: 'CONFLICT' });
    await updatePermissions({ id: token.id, permissions: chosen });
    drop();
    await client.invalidateQueries(); // its history tells of it too
    tell({ text: `The permissions of ${shownName(token.name)} are changed.` });
    onClose();
  });
  const form = useLeadToField<HTMLDivElement>(updating.refusal);
  const by = useLastChange(overtaken ? { action: 'updateSystemPermissionsTokenPermissions', tokenId: token.id, since } : null);
  const close = () => {
    drop();
    onClose();
  };
  const choose = (chosen: () => void) => () => {
    chosen();
    updating.clear();
  };
  const label = (name: PermissionName) => permissions.find((permission) => permission.name === name)?.label ?? name;
  const added = chosen.filter((name) => !now.includes(name));
  const taken = now.filter((name) => !chosen.includes(name));
  const differences = (after: readonly PermissionName[]) => [
    ...after.filter((name) => !base.includes(name)).map((name) => `adds ${label(name)}`),
    ...base.filter((name) => !after.includes(name)).map((name) => `takes away ${label(name)}`),
  ];
  return (
    <Dialog
      wide
      title={
        <>
          Permissions of <Name name={token.name} />
        </>
      }
      canClose={!updating.pending}
      onClose={close}
    >
      {restored && !overtaken && <Restored onAnew={load} />}
      {overtaken && (
        <Overtaken what="these permissions" by={by} theirs={differences(now)} mine={differences(chosen)} onLoad={choose(load)} onKeep={choose(keep)} />
      )}
      <div className={styles.scroll} ref={form}>
        <PermissionPicker permissions={permissions} value={chosen} onChange={(some) => set(inOrder(some))} grantable={viewer.isRoot ? names : viewer.permissions} error={updating.refusal?.fields['permissions']} />
      </div>
      <div className={styles.diff} role="status">
        {added.length === 0 && taken.length === 0 && <p className={styles.quiet}>Nothing is changed yet.</p>}
        {added.length > 0 && <p>Adds: {added.map(label).join(', ')}</p>}
        {taken.length > 0 && <p>Takes away: {taken.map(label).join(', ')}</p>}
      </div>
      <RefusalNotice refusal={updating.refusal} fieldLabels={fieldLabels} />
      <DialogActions>
        <Button onPress={close} isDisabled={updating.pending}>
          Leave as it is
        </Button>
        <Button
          look="primary"
          onPress={() => void updating.run()}
          isDisabled={overtaken || (added.length === 0 && taken.length === 0)}
          isPending={updating.pending}
          pendingLabel="Updating"
        >
          Update permissions
        </Button>
      </DialogActions>
    </Dialog>
  );
}
