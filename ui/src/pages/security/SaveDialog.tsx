import type { PolicyImpact } from '../../api/security';
import { Confirm } from '../../components/Confirm';
import type { Action } from '../../lib/useAction';
import { counted } from '../../lib/time';
import { actionLabel } from './draft';
import styles from './Security.module.css';

type SaveDialogProps = { impact: PolicyImpact; changes: readonly string[]; saving: Action<[], void>; onConfirm: () => void; onClose: () => void };

/** The last question before a policy binds. */
export function SaveDialog({ impact, changes, saving, onConfirm, onClose }: SaveDialogProps) {
  const destructive = impact.deleted > 0;
  return (
    <Confirm
      title={destructive ? `Delete ${counted(impact.deleted, 'token')}?` : 'Change the policy?'}
      action={actionLabel(impact)}
      pendingLabel="Carrying it through"
      phrase={destructive ? `delete ${impact.deleted}` : undefined}
      pending={saving.pending}
      refusal={saving.refusal}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <ul className={styles.changes}>
        {changes.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {destructive && <p>Deleted tokens are refused from that moment on. Setting the policy back brings none of them back.</p>}
    </Confirm>
  );
}
