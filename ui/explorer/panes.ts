import { useSyncExternalStore } from 'react';

/** What the explorer is made of. */
export type Pane = 'query' | 'variables' | 'headers' | 'answer' | 'docs';

export const names: Readonly<Record<Pane, string>> = {
  query: 'Query',
  variables: 'Variables',
  headers: 'Headers',
  answer: 'Answer',
  docs: 'Docs',
};

/** Panes that share one place: of several, one is seen, and tabs lead to the others. */
export type Group = { place: string; panes: readonly [Pane, ...Pane[]] };

type Layout = 'narrow' | 'middle' | 'wide';

const layouts: Readonly<Record<Layout, readonly Group[]>> = {
  narrow: [{ place: 'only', panes: ['query', 'variables', 'headers', 'answer', 'docs'] }],
  middle: [
    { place: 'query', panes: ['query'] },
    { place: 'input', panes: ['variables', 'headers'] },
    { place: 'answer', panes: ['answer', 'docs'] },
  ],
  wide: [
    { place: 'query', panes: ['query'] },
    { place: 'input', panes: ['variables', 'headers'] },
    { place: 'answer', panes: ['answer'] },
    { place: 'docs', panes: ['docs'] },
  ],
};

const narrow = window.matchMedia('(max-width: 719.98px)');
const wide = window.matchMedia('(min-width: 1800px)');

/** How the panes are grouped on a screen of this width. */
export function useGroups(): readonly Group[] {
  return useSyncExternalStore(subscribe, () => layouts[narrow.matches ? 'narrow' : wide.matches ? 'wide' : 'middle']);
}

function subscribe(listener: () => void): () => void {
  for (const query of [narrow, wide]) query.addEventListener('change', listener);
  return () => {
    for (const query of [narrow, wide]) query.removeEventListener('change', listener);
  };
}

/**
 * Which pane of a group is seen: the one that was last asked for, so that another width shows what
 * the reader had before.
 */
export function shownOf(group: Group, latest: readonly Pane[]): Pane {
  return latest.find((pane) => group.panes.includes(pane)) ?? group.panes[0];
}
