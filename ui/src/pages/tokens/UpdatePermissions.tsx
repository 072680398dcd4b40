import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Permission, type PermissionName, type SystemToken, tokensKey, updatePermissions } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Dialog, DialogActions } from '../../components/Dialog';
import { Name } from '../../components/Name';
import { RefusalNotice } from '../../components/Notice';
import { PermissionPicker } from '../../components/PermissionPicker';
import { shownName } from '../../lib/invisible';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useLeadToField } from '../../lib/useLead';
import { useSession } from '../../shell/session';
import styles from './Detail.module.css';

const fieldLabels = { permissions: 'Permissions' };

type UpdatePermissionsProps = { token: SystemToken; permissions: readonly Permission[]; onClose: () => void };

export function UpdatePermissions({ token, permissions, onClose }: UpdatePermissionsProps) {
  const { viewer } = useSession();
  const client = useQueryClient();
  const names = permissions.map((permission) => permission.name);
  const before = names.filter((name) => token.permissions.includes(name));
  const [chosen, setChosen] = useState<PermissionName[]>(before);
  const updating = useAction(async () => {
    await updatePermissions({ id: token.id, permissions: chosen });
    await client.invalidateQueries({ queryKey: tokensKey });
    tell({ text: `The permissions of ${shownName(token.name)} are changed.` });
    onClose();
  });
  const form = useLeadToField<HTMLDivElement>(updating.refusal);
  const added = chosen.filter((name) => !before.includes(name));
  const taken = before.filter((name) => !chosen.includes(name));
  const label = (name: PermissionName) => permissions.find((permission) => permission.name === name)?.label ?? name;
  return (
    <Dialog
      wide
      title={
        <>
          Permissions of <Name name={token.name} />
        </>
      }
      canClose={!updating.pending}
      onClose={onClose}
    >
      <div className={styles.scroll} ref={form}>
        <PermissionPicker permissions={permissions} value={chosen} onChange={setChosen} grantable={viewer.isRoot ? names : viewer.permissions} error={updating.refusal?.fields['permissions']} />
      </div>
      <div className={styles.diff} role="status">
        {added.length === 0 && taken.length === 0 && <p className={styles.quiet}>Nothing is changed yet.</p>}
        {added.length > 0 && <p>Adds: {added.map(label).join(', ')}</p>}
        {taken.length > 0 && <p>Takes away: {taken.map(label).join(', ')}</p>}
      </div>
      <RefusalNotice refusal={updating.refusal} fieldLabels={fieldLabels} />
      <DialogActions>
        <Button onPress={onClose} isDisabled={updating.pending}>
          Leave as it is
        </Button>
        <Button
          look="primary"
          onPress={() => void updating.run()}
          isDisabled={added.length === 0 && taken.length === 0}
          isPending={updating.pending}
          pendingLabel="Updating"
        >
          Update permissions
        </Button>
      </DialogActions>
    </Dialog>
  );
}
