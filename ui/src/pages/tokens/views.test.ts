import { expect, it } from 'vitest';
import { selectionOf } from './selection';
import { isShown, linkOf, views } from './views';

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

it('takes the scale of the life lines along', () => {
  const [all, soon] = views;
  expect([linkOf(all!, null), linkOf(all!, 'year'), linkOf(soon!, 'year')]).toEqual(['/tokens', '/tokens?scale=year', '/tokens?ends=30&sort=expiry&scale=year']);
});
