import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type SystemToken, updateNote } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Name } from '../../components/Name';
import { NoteField } from '../../components/NoteField';
import { RefusalNotice } from '../../components/Notice';
import { useDraft } from '../../lib/drafts';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useLeadToField } from '../../lib/useLead';
import styles from './Detail.module.css';

/** What a token is for and whom to call, changed in its place by those who may. */
export function TokenNote({ token, mayChange }: { token: SystemToken; mayChange: boolean }) {
  const [editing, setEditing] = useState<boolean | null>(null);
  if (editing === true) return <Edit token={token} onClose={() => setEditing(false)} />;
  if (token.note == null && !mayChange) return null;
  return (
    <section className={styles.note} aria-label="Note">
      {token.note != null && (
        <p>
          <Name name={token.note} />
        </p>
      )}
      {mayChange && (
        // Who comes back from the form goes on from here.
        <Button small autoFocus={editing === false} onPress={() => setEditing(true)}>
          {token.note == null ? 'Add a note' : 'Change note'}
        </Button>
      )}
    </section>
  );
}

function Edit({ token, onClose }: { token: SystemToken; onClose: () => void }) {
  const client = useQueryClient();
  const { value, set, drop } = useDraft(`/tokens/${token.id}#note`, token.note ?? '');
  const leave = () => {
    drop();
    onClose();
  };
  const saving = useAction(async () => {
    await updateNote(token.id, value);
    await client.invalidateQueries(); // its history tells of it too
    tell({ text: 'Its note is saved.' });
    leave();
  });
  const form = useLeadToField<HTMLFormElement>(saving.refusal);
  return (
    <form
      ref={form}
      noValidate
      className={styles.noteForm}
      aria-label="Note"
      onSubmit={(event) => {
        event.preventDefault();
        void saving.run();
      }}
    >
      <NoteField autoFocus value={value} onChange={set} onEscape={leave} error={saving.refusal?.fields['note']} />
      <RefusalNotice refusal={saving.refusal} fieldLabels={fieldLabels} />
      <div className={styles.row}>
        <Button look="primary" type="submit" isPending={saving.pending} pendingLabel="Saving">
          Save note
        </Button>
        <Button onPress={leave} isDisabled={saving.pending}>
          Leave as it is
        </Button>
      </div>
    </form>
  );
}

const fieldLabels = { note: 'Note' };
