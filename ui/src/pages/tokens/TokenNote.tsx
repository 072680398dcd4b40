import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type SystemToken, updateNote } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Name } from '../../components/Name';
import { NoteField } from '../../components/NoteField';
import { RefusalNotice } from '../../components/Notice';
import { Overtaken } from '../../components/Overtaken';
import { Restored } from '../../components/Restored';
import { hasDraft, useDraft } from '../../lib/drafts';
import { forget, tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useLeadToField } from '../../lib/useLead';
import styles from './Detail.module.css';

const keptAs = (id: string) => `/tokens/${id}#note`;

/** What a token is for and whom to call, changed in its place by those who may. */
export function TokenNote({ token, mayChange }: { token: SystemToken; mayChange: boolean }) {
  const [editing, setEditing] = useState(mayChange && hasDraft(keptAs(token.id)) ? true : null);
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
  const now = token.note ?? '';
  const fresh = { before: now, note: now };
  // What it was when the editing began is kept with what is typed: somebody else may change it.
  const { value: draft, set, restored, drop } = useDraft(keptAs(token.id), fresh);
  const leave = () => {
    drop();
    onClose();
  };
  const saving = useAction(async () => {
    await updateNote(token.id, draft.note);
    await client.invalidateQueries(); // its history tells of it too
    tell({ text: 'Its note is saved.' });
    leave();
  });
  const form = useLeadToField<HTMLFormElement>(saving.refusal);
  const load = () => {
    set(fresh);
    form.current?.querySelector('textarea')?.focus();
  };
  const cancel = () => {
    if (!saving.pending) leave();
  };
  // Taken over quietly while nothing is typed here, and told otherwise.
  if (draft.before !== now && draft.before === draft.note) set(fresh);
  const overtaken = draft.before !== now && !saving.pending;
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
      {overtaken && <Overtaken what="note" onLoad={load} />}
      {restored && !overtaken && <Restored onAnew={load} />}
      <NoteField
        autoFocus
        value={draft.note}
        onChange={(note) => {
          forget();
          set({ ...draft, note });
        }}
        onEscape={cancel}
        error={saving.refusal?.fields['note']}
      />
      <RefusalNotice refusal={saving.refusal} fieldLabels={fieldLabels} />
      <div className={styles.row}>
        <Button look="primary" type="submit" isPending={saving.pending} pendingLabel="Saving">
          Save note
        </Button>
        <Button onPress={cancel} isDisabled={saving.pending}>
          Leave as it is
        </Button>
      </div>
    </form>
  );
}

const fieldLabels = { note: 'Note' };
