// What outlives a window is how it is used, such as its colours, and nothing that was read or
// typed. A browser that keeps nothing forgets it with the window.
const unkept = new Map<string, string>();

export type Choice = 'theme' | 'single-keys';

export function kept(choice: Choice): string | null {
  try {
    return localStorage.getItem(choice);
  } catch {
    return unkept.get(choice) ?? null;
  }
}

/** Keeps a choice; null is what holds when nothing was chosen. */
export function keep(choice: Choice, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(choice);
    else localStorage.setItem(choice, value);
  } catch {
    if (value === null) unkept.delete(choice);
    else unkept.set(choice, value);
  }
}
