import { useSyncExternalStore } from 'react';
import { keep } from './kept';

/** Whose colours are shown: those of the system, or always the same. */
export type Theme = 'system' | 'light' | 'dark';

// It stands at the document, where the styles look for it, and in the browser's storage: as
// `light`, as `dark`, or not at all for the system's. There public/theme.js finds it, which each
// document names before its styles, so that nothing is painted in other colours first.
function shown(): Theme {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** Shows other colours from now on, in all windows. The choice of the system's is not kept. */
export function chooseTheme(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
  keep('theme', theme === 'system' ? null : theme);
}

/** The present choice, also when another window makes it. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, shown);
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
