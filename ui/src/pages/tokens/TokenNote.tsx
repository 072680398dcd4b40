import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLastChange } from '../../api/audit';
import { type SystemToken, tokensKey, updateNote } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Name } from '../../components/Name';
import { NoteField } from '../../components/NoteField';
import { RefusalNotice } from '../../components/Notice';
import { Overtaken } from '../../components/Overtaken';
import { Restored } from '../../components/Restored';
import { hasDraft, useDraft } from '../../lib/drafts';
import { forget, tell } from '../../lib/told';
import { asRefusal, useAction } from '../../lib/useAction';
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
  const { value: note, set, base, since, restored, overtaken, load, keep, drop } = useDraft(keptAs(token.id), token.note ?? '');
  const leave = () => {
    drop();
    onClose();
  };
  const saving = useAction(async () => {
    try {
      await updateNote(token.id, note, base);
    } catch (error) {
      // What somebody else has written is read, and shown beside.
      if (asRefusal(error).code === 'CONFLICT') await client.invalidateQueries({ queryKey: tokensKey });
      throw error;
    }
    await client.invalidateQueries(); // its history tells of it too
    tell({ text: 'Its note is saved.' });
    leave();
  });
  const asks = overtaken && !saving.pending;
  const by = useLastChange(asks ? { action: 'updateSystemTokenNote', tokenId: token.id, since } : null);
  const form = useLeadToField<HTMLFormElement>(saving.refusal);
  const choose = (chosen: () => void) => () => {
    chosen();
    saving.clear();
    form.current?.querySelector('textarea')?.focus();
  };
  const cancel = () => {
    if (!saving.pending) leave();
  };
  return (
    <form
      ref={form}
      noValidate
      className={styles.noteForm}
      aria-label="Note"
      onSubmit={(event) => {
        event.preventDefault();
        if (!overtaken) void saving.run();
      }}
    >
      {asks && <Overtaken what="this note" by={by} theirs={[token.note ?? 'None any more']} mine={[note === '' ? 'None any more' : note]} onLoad={choose(load)} onKeep={choose(keep)} />}
      {restored && !overtaken && <Restored onAnew={choose(load)} />}
      <NoteField
        autoFocus
        value={note}
        onChange={(note) => {
          forget();
          set(note);
        }}
        onEscape={cancel}
        error={saving.refusal?.fields['note']}
      />
      <RefusalNotice refusal={saving.refusal} fieldLabels={fieldLabels} />
      <div className={styles.row}>
        <Button look="primary" type="submit" isDisabled={asks} isPending={saving.pending} pendingLabel="Saving">
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
