import { Button } from './Button';
import { Notice } from './Notice';

/** Says that a form holds what was left in it, and offers an empty one. */
export function Restored({ onAnew }: { onAnew: () => void }) {
  return (
    <Notice title="What you left here unsaved is still here." actions={<Button onPress={onAnew}>Begin anew</Button>} />
  );
}
