import { useEffect } from 'react';

/** Marks what takes the focus when the part of it that had the focus is gone. */
export const keepsFocus = { 'data-keeps-focus': '', tabIndex: -1 };

/**
 * What had the focus, and where it goes when that is gone: what surrounds it, innermost first.
 */
type Held = { element: HTMLElement; around: HTMLElement[] };

/**
 * Gives the focus a place whenever what had it is gone, or can be pressed no more: else it would
 * fall to the beginning of the page. It goes back to where it was before a dialog, or to what is
 * marked around that, or to the heading of the page. Whoever puts it somewhere at once is not
 * disturbed, and neither is a reader who clicked beside everything.
 */
export function useHeldFocus(): void {
  useEffect(() => {
    let last: HTMLElement | null = null;
    let before: Held | null = null; // the last one outside of dialogs
    const took = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement)) return;
      last = target;
      if (target.closest(dialogs) === null) before = { element: target, around: marked(target) };
    };
    const check = () => {
      if (last === null || !isFree() || !isGone(last)) return;
      last = null;
      twoFrames(() => isFree() && lead(before));
    };
    const left = () =>
      setTimeout(() => {
        if (last !== null && isFree() && !isGone(last)) last = before = null;
        else check();
      });
    const changes = new MutationObserver(check);
    document.addEventListener('focusin', took);
    document.addEventListener('focusout', left);
    changes.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled'] });
    return () => {
      document.removeEventListener('focusin', took);
      document.removeEventListener('focusout', left);
      changes.disconnect();
    };
  }, []);
}

const dialogs = '[role=dialog], [role=alertdialog]';

const isFree = () => document.activeElement === null || document.activeElement === document.body;
const isGone = (element: HTMLElement) => !element.isConnected || element.matches(':disabled');

function marked(element: HTMLElement): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('[data-keeps-focus]')].filter((place) => place.contains(element)).toReversed();
}

/** A dialog that closes gives the focus back by itself, in the next frame. */
function twoFrames(then: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(then));
}

function lead(before: Held | null): void {
  const dialog = document.querySelector<HTMLElement>(dialogs);
  const heading = document.querySelector<HTMLElement>('main h1');
  for (const place of dialog ? [dialog] : [before?.element, ...(before?.around ?? []), heading]) {
    place?.focus({ preventScroll: true });
    if (!isFree()) return;
  }
}
