import { useQueryClient } from '@tanstack/react-query';
import { readAnew } from '../api/viewer';
import { Button } from '../components/Button';
import { Dialog, DialogActions } from '../components/Dialog';
import { SignInForm } from './SignInForm';

/** Begins a session where the reader is, over what they were doing. */
export function SignInDialog({ title, onClose }: { title: string; onClose: () => void }) {
  const client = useQueryClient();
  return (
    <Dialog title={title} onClose={onClose}>
      <SignInForm
        onSignedIn={async () => {
          await readAnew(client);
          onClose();
        }}
      />
      <DialogActions>
        <Button look="quiet" onPress={onClose}>
          Not now
        </Button>
      </DialogActions>
    </Dialog>
  );
}
