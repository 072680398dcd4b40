// What outlives a window is how it is used, such as its colours, and nothing that was read or
// typed. What the browser does not keep is forgotten with the window.
const unkept = new Map<string, string>();

// Other services may share the host, each below a path of its own, and with it this storage.
const place = (choice: Choice) => `tokenscale/${choice}`;

export type Choice = 'theme' | 'single-keys';

export function kept(choice: Choice): string | null {
  try {
    return unkept.get(choice) ?? localStorage.getItem(place(choice));
  } catch {
    return null;
  }
}

/** Keeps a choice; null is what holds when nothing was chosen. */
export function keep(choice: Choice, value: string | null): void {
  unkept.delete(choice);
  try {
    if (value === null) localStorage.removeItem(place(choice));
    else localStorage.setItem(place(choice), value);
  } catch {
    if (value !== null) unkept.set(choice, value);
  }
}
