import { useEffect, useState } from 'react';
import { Button } from '../components/Button';
import { Dialog, DialogActions } from '../components/Dialog';
import { onLeaving } from '../lib/drafts';

/**
 * Asks before unsaved work is left, and what was typed is kept; or before somebody signs out, and
 * says what is lost by that.
 */
export function LeaveGuard({ lost = 'You have entered something that is not saved, here or in a form that you left. When you sign out it is gone.' }: { lost?: string }) {
  const [asked, setAsked] = useState<{ go: () => void; forGood: boolean } | null>(null);
  useEffect(() => {
    onLeaving((go, forGood) => setAsked({ go, forGood }));
    return () => onLeaving(null);
  }, []);
  if (asked === null) return null;
  const { go, forGood } = asked;
  const stay = () => setAsked(null);
  return (
    <Dialog title={forGood ? 'Sign out and lose what is not saved?' : 'Leave what is not saved?'} alert onClose={stay}>
      <p>
        {forGood
          ? lost
          : 'What you entered here is not saved. It is still here when you come back, until you sign out or close the window.'}
      </p>
      <DialogActions>
        <Button
          onPress={() => {
            stay();
            go();
          }}
        >
          {forGood ? 'Sign out' : 'Leave'}
        </Button>
        <Button look="primary" autoFocus onPress={stay}>
          Stay here
        </Button>
      </DialogActions>
    </Dialog>
  );
}
