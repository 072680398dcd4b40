import { expect, it } from 'vitest';
import { selectionOf } from './selection';
import { isShown, views } from './views';

const shown = (query: string) => views.filter((view) => isShown(view, selectionOf(new URLSearchParams(query)))).map(({ label }) => label);

it.each(views)('knows itself: $label', ({ label, query }) => {
  expect(shown(query)).toEqual([label]);
});

it.each([
  ['sort=created&dir=desc&page=7', ['All']],
  ['ends=30', ['Ends within 30 days']],
  ['ends=31', []],
  ['q=web', []],
  ['ends=30&filter=none', []],
  ['permission=ChangeSystemPermissions,ManageCluster', []],
])('names %s for what it is', (query, wanted) => {
  expect(shown(query)).toEqual(wanted);
});
