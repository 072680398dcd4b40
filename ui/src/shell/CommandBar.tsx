import { lazy, Suspense, useEffect } from 'react';
import { Button } from 'react-aria-components/Button';
import { isChord, isSingle, useShortcut, useSingleKeys } from '../lib/shortcuts';
import shell from './Shell.module.css';

const load = () => import('./CommandDialog');
const CommandDialog = lazy(load);

type CommandBarProps = { open: boolean; onOpenChange: (open: boolean) => void; onShortcuts: () => void };

/** Goes anywhere by a few letters: `/` or Ctrl K opens it. */
export function CommandBar({ open, onOpenChange, onShortcuts }: CommandBarProps) {
  useEffect(() => {
    // What is typed right after the key that opens it must find it there.
    load().catch(() => undefined);
  }, []);

  const singleKeys = useSingleKeys();
  useShortcut((event) => isChord(event, 'k') || isSingle(event, '/'), () => onOpenChange(true));

  return (
    <>
      <Button className={`${shell.bandButton} ${shell.finder}`} aria-label="Go to a token, filter or page" aria-keyshortcuts={singleKeys ? '/ Control+K' : 'Control+K'} onPress={() => onOpenChange(true)}>
        <span>Go to a token, filter or page</span>
        <kbd aria-hidden="true">{singleKeys ? '/' : 'Ctrl K'}</kbd>
      </Button>
      {open && (
        <Suspense fallback={null}>
          <CommandDialog onClose={() => onOpenChange(false)} onShortcuts={onShortcuts} />
        </Suspense>
      )}
    </>
  );
}
