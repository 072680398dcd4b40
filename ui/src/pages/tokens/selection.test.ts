import { expect, it } from 'vitest';
import { day } from '../../lib/time';
import { chipsOf, noFilters, orderChange, orderOf, orders, questionOf, type Selection, selectionOf, withoutScale } from './selection';

const read = (query: string) => selectionOf(new URLSearchParams(query));
const words = { permission: (name: string) => `<${name}>`, filter: (id: string) => `[${id}]`, maker: (id: string) => (id === 'c1' ? 'mother' : null) };

it('calls the maker by its name where that is known', () => {
  const made = (creator: string) => chipsOf(selectionOf(new URLSearchParams({ creator })), words).map(({ label }) => label);
  expect(made('c1')).toEqual(['Made by mother']);
  expect(made('0123456789abcdef')).toEqual(['Made by 01234567…']);
});
const id = 'abcdefghijklmnopqrstuvwxyzABCDEF';

const nothing: Selection = { search: '', permissions: [], states: [], ends: null, unusedDays: null, filters: [], creator: '' };

it('reads what the URL selects', () => {
  expect(read('q=web&permission=ManageCluster,PatchGlobal&state=Active,InGracePeriod&ends=30&unused=90&filter=f1,f2&creator=root')).toEqual({
    search: 'web',
    permissions: ['ManageCluster', 'PatchGlobal'],
    states: ['Active', 'InGracePeriod'],
    ends: 30,
    unusedDays: 90,
    filters: ['f1', 'f2'],
    creator: 'root',
  });
  expect(read('ends=never&filter=none')).toEqual({ ...nothing, ends: 'never', filters: 'none' });
});

it.each([
  'permission=',
  'permission=,,',
  'permission=a b',
  'state=Dead,__proto__',
  'ends=0',
  'ends=-1',
  'ends=1.5',
  'ends=99999',
  'ends=soon',
  'unused=1e3',
  'filter=',
  'creator=%20',
  '',
])('selects nothing away for %s', (query) => {
  expect(read(query)).toEqual(nothing);
});

it('never holds a secret, however it came into the URL', () => {
  const secret = 'Ab3'.repeat(17);
  const selection = read(`q=${id}~${secret}&creator=${id}~${secret}`);
  expect(selection).toEqual({ ...nothing, search: id, creator: id });
  expect(JSON.stringify(questionOf(selection))).not.toContain(secret);
});

it('asks the server for no more than is selected', () => {
  expect(questionOf(nothing)).toEqual({
    searchFilter: '',
    permissionFilter: [],
    stateFilter: [],
    endsWithinMs: undefined,
    neverExpires: null,
    unusedForMs: undefined,
    ipFilterIdFilter: [],
    withoutIpFilter: null,
    createdByFilter: null,
  });
});

it.each([
  ['ends=7', { endsWithinMs: 7 * day, neverExpires: null }],
  ['ends=never', { endsWithinMs: undefined, neverExpires: true }],
  ['ends=ever', { endsWithinMs: undefined, neverExpires: false }],
  ['unused=90', { unusedForMs: 90 * day }],
  ['filter=none', { withoutIpFilter: true, ipFilterIdFilter: null }],
  ['filter=f1', { withoutIpFilter: null, ipFilterIdFilter: ['f1'] }],
  [`q=%20${id}~%20`, { searchFilter: id }],
  ['creator=root', { createdByFilter: 'localroot' }],
  [`creator=${id}`, { createdByFilter: id }],
])('asks for %s as the server understands it', (query, wanted) => {
  expect(questionOf(read(query))).toMatchObject(wanted);
});

it('has a chip for each filter, which takes off that one alone', () => {
  const query = `permission=ManageCluster,PatchGlobal&state=Expired&filter=f1&ends=1&unused=90&creator=${id}`;
  const chips = chipsOf(read(query), words);
  expect(chips.map(({ label }) => label)).toEqual([
    'May: <ManageCluster>',
    'or <PatchGlobal>',
    'State: Expired',
    'IP filter: [f1]',
    'Ends within 1 day',
    'Unused for 90 days',
    'Made by abcdefgh…',
  ]);
  for (const { off } of chips) {
    const params = new URLSearchParams(query);
    for (const [name, value] of Object.entries(off)) params.set(name, value ?? '');
    expect(chipsOf(selectionOf(params), words)).toHaveLength(chips.length - 1);
  }
});

it('clears every filter at once', () => {
  const params = new URLSearchParams(`permission=ManageCluster&state=Expired&filter=none&ends=never&unused=90&creator=${id}`);
  for (const name of Object.keys(noFilters)) params.delete(name);
  expect(selectionOf(params)).toEqual(nothing);
});

it.each(orders.flatMap(({ sortBy }) => [{ sortBy, orderBy: 'ASC' as const }, { sortBy, orderBy: 'DESC' as const }]))('keeps the order $sortBy $orderBy in the URL', (order) => {
  const params = new URLSearchParams();
  if (['EndedAt', 'LastTriedAt'].includes(order.sortBy)) params.set('state', 'Ended');
  for (const [name, value] of Object.entries(orderChange(order))) if (value !== null) params.set(name, value);
  expect(orderOf(params)).toEqual(order);
});

it('orders by name where the URL says nothing that it knows', () => {
  expect(orderOf(new URLSearchParams('sort=constructor&dir=sideways'))).toEqual({ sortBy: 'Name', orderBy: 'ASC' });
  expect(orderOf(new URLSearchParams('sort=ended&dir=desc'))).toEqual({ sortBy: 'Name', orderBy: 'ASC' });
  expect(orderOf(new URLSearchParams('sort=expiry&state=Ended'))).toEqual({ sortBy: 'Name', orderBy: 'ASC' });
});

it('takes another scale of the life lines for the same question', () => {
  expect(withoutScale('q=web&scale=year&page=2')).toBe(withoutScale('q=web&page=2'));
  expect(withoutScale('q=web')).not.toBe(withoutScale('q=other'));
});
