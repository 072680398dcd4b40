import { home } from './home';

// What is typed into the explorer outlives its document, but not its window, and not signing out.
// The storage belongs to all that one host serves, so only our own key is touched. A browser that
// keeps nothing is none to complain about.
const key = `tokenscale${home}/explorer`;

export function readExplorerDrafts(): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

// Whoever has signed out writes no more: an answer that comes late would bring the queries back.
let left = false;

/** Forgets the queries of who signs out, for good. */
export function leaveExplorerDrafts(): void {
  left = true;
  forgetExplorerDrafts();
}

/** Keeps a text in which there is no secret. */
export function writeExplorerDrafts(text: string): void {
  if (left) return;
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // It lives as long as the document, then.
  }
}

export function forgetExplorerDrafts(): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // There is nothing to forget.
  }
}
