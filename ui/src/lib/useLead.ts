import { type RefObject, useEffect, useRef } from 'react';
import type { Refusal } from './refusal';

/** Marks what surrounds a field that was refused, where the field cannot say so itself. */
export const refusedMark = 'data-refused';

/**
 * For the element that holds a form: when it is refused, its first bad field is shown and has the
 * focus. Not while it waits, as when a dialog still stands before the form.
 */
export function useLeadToField<T extends HTMLElement>(refusal: Refusal | null, waits = false): RefObject<T | null> {
  const form = useRef<T>(null);
  useEffect(() => {
    if (refusal?.kind === 'refused' && !waits && form.current) leadToField(form.current);
  }, [refusal, waits]);
  return form;
}

/** Gives whether there was one. */
export function leadToField(form: HTMLElement): boolean {
  const bad = form.querySelector<HTMLElement>(`[aria-invalid='true'], [${refusedMark}]`);
  if (bad === null) return false;
  for (let around = bad.closest('details'); around !== null; around = around.parentElement?.closest('details') ?? null) around.open = true;
  // A search box finds a field; it is none.
  const field = bad.hasAttribute(refusedMark) ? bad.querySelector<HTMLElement>("input:not([type='search']):not(:disabled), textarea, select, button") : bad;
  if (field === null) return false;
  field.focus({ preventScroll: true });
  field.scrollIntoView({ block: 'center' });
  return true;
}

/** For a button that goes when it is pressed, so that the focus is not lost with it. */
export function leadToHeading(): void {
  (document.querySelector<HTMLElement>('[role="dialog"]') ?? document.querySelector<HTMLElement>('main h1'))?.focus();
}
