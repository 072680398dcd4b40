import { type ReactNode, useState } from 'react';
import type { Refusal } from '../lib/refusal';
import { Button } from './Button';
import { Dialog, DialogActions } from './Dialog';
import { Field } from './Field';
import { RefusalNotice } from './Notice';

type ConfirmProps = {
  title: ReactNode;
  children: ReactNode;
  /** The verb and its object: "Delete token". */
  action: string;
  pendingLabel: string;
  /** The way out, when it is not "Keep it". */
  keep?: string;
  /** What has to be typed first; nothing has to when absent. */
  phrase?: string;
  pending: boolean;
  refusal: Refusal | null;
  /** Said of a refusal in the place of the server's sentence. */
  refused?: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before something that cannot be taken back. */
export function Confirm(props: ConfirmProps) {
  const [typed, setTyped] = useState('');
  const { phrase } = props;
  const ready = phrase === undefined || typed.trim() === phrase;
  return (
    <Dialog title={props.title} tone="danger" alert canClose={!props.pending} onClose={props.onClose}>
      <form
        noValidate
        style={{ display: 'contents' }}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) props.onConfirm();
        }}
      >
        {props.children}
        {phrase !== undefined && (
          <Field
            label={
              <>
                Type <code>{phrase}</code> to go on
              </>
            }
            value={typed}
            onChange={setTyped}
            autoFocus
            autoComplete="off"
            spellCheck="false"
          />
        )}
        {props.refused ?? <RefusalNotice refusal={props.refusal} />}
        <DialogActions>
          <Button onPress={props.onClose} isDisabled={props.pending} autoFocus={phrase === undefined}>
            {props.keep ?? 'Keep it'}
          </Button>
          <Button look="dangerFull" type="submit" isDisabled={!ready} isPending={props.pending} pendingLabel={props.pendingLabel}>
            {props.action}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
