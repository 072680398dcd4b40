import { useEffect } from 'react';
import { Button } from '../src/components/Button';
import { Notice } from '../src/components/Notice';
import { useRevealing } from '../src/lib/revealing';

/**
 * Says that an answer holds a new token string, and keeps the reader from losing it by leaving or
 * by another answer before it is said to be stored.
 */
export function OnlyOnce({ asking, onStored }: { asking: boolean; onStored: () => void }) {
  useRevealing();
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);
  return (
    <Notice
      tone="warn"
      urgent
      title={asking ? 'Is the string stored? After this it is nowhere.' : 'The answer holds a new token string. This is the only time it is shown.'}
      actions={
        // Asked anew, the button is another one, which has the focus.
        <Button small key={String(asking)} autoFocus={asking} onPress={onStored}>
          It is stored
        </Button>
      }
    />
  );
}
