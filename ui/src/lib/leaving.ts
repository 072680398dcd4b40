import type { Root } from 'react-dom/client';

/**
 * Browsers keep a page that was left as it was, and show it again at the back button without asking
 * the server. Nothing is left of this one to be kept: a new secret may have stood on it, and
 * whoever comes back may have signed out.
 */
export function keepNothing(root: Root): void {
  window.addEventListener('pagehide', () => root.unmount());
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) window.location.reload();
  });
}
