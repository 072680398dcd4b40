import { lazy, Suspense, useEffect } from 'react';
import { Button } from 'react-aria-components/Button';
import shell from './Shell.module.css';

const load = () => import('./CommandDialog');
const CommandDialog = lazy(load);

type CommandBarProps = { open: boolean; onOpenChange: (open: boolean) => void };

/** Goes anywhere by a few letters: `/` or Ctrl K opens it. */
export function CommandBar({ open, onOpenChange }: CommandBarProps) {
  useEffect(() => {
    // What is typed right after the key that opens it must find it there.
    load().catch(() => undefined);
  }, []);

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const chord = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
      // While another dialog stands open it has the keyboard.
      if ((!chord && !slash) || document.querySelector('[role=dialog], [role=alertdialog]') !== null) return;
      event.preventDefault();
      onOpenChange(true);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [onOpenChange]);

  return (
    <>
      <Button className={`${shell.bandButton} ${shell.finder}`} aria-label="Go to a token, filter or page" aria-keyshortcuts="/ Control+K" onPress={() => onOpenChange(true)}>
        <span>Go to a token, filter or page</span>
        <kbd aria-hidden="true">/</kbd>
      </Button>
      {open && (
        <Suspense fallback={null}>
          <CommandDialog onClose={() => onOpenChange(false)} />
        </Suspense>
      )}
    </>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
