import { Button } from '../src/components/Button';
import { Notice } from '../src/components/Notice';
import { useUnsaved } from '../src/lib/drafts';
import { useRevealing } from '../src/lib/revealing';

/**
 * Says that an answer holds a new token string, and keeps the reader from losing it by leaving or
 * by another answer before it is said to be stored.
 */
export function OnlyOnce({ asking, onStored }: { asking: boolean; onStored: () => void }) {
  useRevealing();
  useUnsaved(true);
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
