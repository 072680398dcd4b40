import { lazy, Suspense, useEffect, useRef } from 'react';
import { Button } from 'react-aria-components/Button';
import { type Early, listenEarly } from '../lib/early';
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

  const early = useRef<Early | null>(null);
  const openBar = () => {
    early.current?.take();
    early.current = listenEarly(() => onOpenChange(false));
    onOpenChange(true);
  };
  useEffect(() => {
    if (!open) early.current?.take();
  }, [open]);
  useEffect(() => () => void early.current?.take(), []);

  const singleKeys = useSingleKeys();
  useShortcut((event) => isChord(event, 'k') || isSingle(event, '/'), openBar);

  return (
    <>
      <Button className={`${shell.bandButton} ${shell.finder}`} aria-label="Go to a token, filter or page" aria-keyshortcuts={singleKeys ? '/ Control+K' : 'Control+K'} onPress={openBar}>
        <span>Go to a token, filter or page</span>
        <kbd aria-hidden="true">{singleKeys ? '/' : 'Ctrl K'}</kbd>
      </Button>
      {open && (
        <Suspense fallback={null}>
          <CommandDialog early={early} onClose={() => onOpenChange(false)} onShortcuts={onShortcuts} />
        </Suspense>
      )}
    </>
  );
}
