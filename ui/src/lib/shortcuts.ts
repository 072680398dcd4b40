import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { keep, kept } from './kept';

// Keys of one character must be possible to turn off (WCAG 2.1.4): who dictates presses them
// without knowing. The choice outlives the window, else it would have to be made each time.
const listeners = new Set<() => void>();

const areOn = () => kept('single-keys') !== 'off';

export function chooseSingleKeys(on: boolean): void {
  keep('single-keys', on ? null : 'off');
  for (const listener of listeners) listener();
}

/** Whether keys of one character do something. */
export function useSingleKeys(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    window.addEventListener('storage', listener);
    return () => {
      listeners.delete(listener);
      window.removeEventListener('storage', listener);
    };
  }, areOn);
}

/** Whether just this character was pressed, where it is not typed and not turned off. */
export function isSingle(event: KeyboardEvent, character: string): boolean {
  return event.key === character && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target) && areOn();
}

export function isChord(event: KeyboardEvent, letter: string): boolean {
  return (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === letter;
}

/** Acts when keys are pressed, unless a dialog stands open: then it has the keyboard. */
export function useShortcut(pressed: (event: KeyboardEvent) => boolean, act: () => void): void {
  const listen = useEffectEvent((event: KeyboardEvent) => {
    if (!pressed(event) || document.querySelector('[role=dialog], [role=alertdialog]') !== null) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    const heard = (event: KeyboardEvent) => listen(event);
    window.addEventListener('keydown', heard);
    return () => window.removeEventListener('keydown', heard);
  }, []);
}

const untyped = /^(?:button|checkbox|radio|reset|submit)$/;

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !untyped.test(target.type);
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:TEXTAREA|SELECT)$/.test(target.tagName));
}
