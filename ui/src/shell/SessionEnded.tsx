import { useQueryClient } from '@tanstack/react-query';
import type { Refusal } from '../lib/refusal';
import { readAnew } from '../api/viewer';
import { Button } from '../components/Button';
import { Dialog } from '../components/Dialog';
import { SignInForm } from './SignInForm';

/**
 * Stands over the page when its session has died, so that nothing typed is lost by signing in
 * again.
 */
export function SessionEnded({ refusal, onBack, onLeave }: { refusal: Refusal; onBack: () => void; onLeave: () => void }) {
  const client = useQueryClient();
  const filtered = refusal.kind === 'filtered';
  const back = async () => {
    await readAnew(client);
    onBack();
  };
  return (
    <Dialog title={filtered ? 'Your address is not let through' : 'Your session has ended'} onClose={() => {}} canClose={false} alert>
      {filtered ? (
        <p>{refusal.message}</p>
      ) : (
        <p>Twelve hours are over, or you signed out in another tab, or the token you signed in with has expired, was reset or was deleted. Sign in again to go on where you were; with the same token, what you entered is still here.</p>
      )}
      <SignInForm onSignedIn={back} />
      <div>
        <Button look="quiet" onPress={onLeave}>
          Leave this page
        </Button>
      </div>
    </Dialog>
  );
}
