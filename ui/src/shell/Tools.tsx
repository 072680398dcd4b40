import { useState } from 'react';
import { CommandBar } from './CommandBar';
import { Profile } from './Profile';
import { type Shortcut, Shortcuts } from './Shortcuts';

const none: readonly Shortcut[] = [];

/** What the band offers to who is signed in, and the keys that lead there. */
export function Tools({ shortcuts = none }: { shortcuts?: readonly Shortcut[] }) {
  const [commanding, setCommanding] = useState(false);
  const [learning, setLearning] = useState(false);
  const learn = () => setLearning(true);
  return (
    <>
      <CommandBar open={commanding} onOpenChange={setCommanding} onShortcuts={learn} />
      <Profile onShortcuts={learn} />
      <Shortcuts open={learning} onOpenChange={setLearning} more={shortcuts} />
    </>
  );
}
