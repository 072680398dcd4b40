import { useEffect, useState } from 'react';
import { Button } from '../components/Button';
import { Dialog, DialogActions } from '../components/Dialog';
import { onLeaving } from '../lib/drafts';

/** Asks before a form with unsaved work is left. What was typed is kept either way. */
export function LeaveGuard() {
  const [go, setGo] = useState<(() => void) | null>(null);
  useEffect(() => {
    onLeaving((next) => setGo(() => next));
    return () => onLeaving(null);
  }, []);
  if (go === null) return null;
  return (
    <Dialog title="Leave what is not saved?" alert onClose={() => setGo(null)}>
      <p>What you entered here is not saved. It is still here when you come back, until you sign out or close the window.</p>
      <DialogActions>
        <Button
          onPress={() => {
            setGo(null);
            go();
          }}
        >
          Leave
        </Button>
        <Button look="primary" autoFocus onPress={() => setGo(null)}>
          Stay here
        </Button>
      </DialogActions>
    </Dialog>
  );
}
