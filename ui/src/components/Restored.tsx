import { leadToHeading } from '../lib/useLead';
import { Button } from './Button';
import { Notice } from './Notice';

/** Says that a form holds what was left in it, and offers an empty one. */
export function Restored({ onAnew }: { onAnew: () => void }) {
  const anew = () => {
    leadToHeading();
    onAnew();
  };
  return (
    <Notice title="What you left here unsaved is still here." actions={<Button onPress={anew}>Begin anew</Button>} />
  );
}
