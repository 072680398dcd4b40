import { expect, test } from 'vitest';
import type { Permission, SystemToken } from '../../api/tokens';
import { day, hour } from '../../lib/time';
import { byLink, likeToken } from './prefill';

const permission = (name: Permission['name'], warning: string | null = null): Permission => ({ name, label: name, group: 'g', description: '', warning });
const known = {
  permissions: [permission('ReadHealthCheck'), permission('PatchGlobal', 'beware'), permission('ListSubdomains')],
  grantable: ['ReadHealthCheck', 'PatchGlobal', 'ListSubdomains'],
  filters: [{ id: 'office' }],
  policy: { maximumMs: null, enforcedFilter: null },
};
const link = (query: string, more = {}) => byLink(new URLSearchParams(query), { ...known, ...more });

test('a link fills in what it says, in the order of the map', () => {
  expect(link('name=nurse&permissions=ListSubdomains,ReadHealthCheck&days=7&filter=office')).toEqual({
    start: { name: 'nurse', note: '', permissions: ['ReadHealthCheck', 'ListSubdomains'], filterId: 'office', expiry: { mode: 'after', amount: 7, unit: 'Days' } },
    left: [],
  });
});

test('a link that says nothing is none', () => {
  expect(link('')).toBeNull();
  expect(link('x=1')).toBeNull();
});

test('what can do great harm, and what there is not, is left out and named', () => {
  const prefill = link('permissions=PatchGlobal,ReadHealthCheck,Everything&filter=gone');
  expect(prefill?.start.permissions).toEqual(['ReadHealthCheck']);
  expect(prefill?.start.filterId).toBeNull();
  expect(prefill?.left.join('\n')).toMatch(/PatchGlobal.*\n.*Everything.*\n.*does not exist/);
});

test('whatever is not as it was asked for is named', () => {
  const policy = { maximumMs: 7 * day, enforcedFilter: { id: 'home', name: 'Home', ipFilter: '' } };
  const left = link('permissions=PatchGlobal,ListSubdomains&days=200&filter=office', { policy, grantable: ['ReadHealthCheck'] })?.left.join('\n');
  expect(left).toMatch(/PatchGlobal.*hold yourself.*\n.*ListSubdomains.*hold yourself.*\n.*enforces another.*\n.*life of 200 days.*allows 7 days/);
  expect(link('days=0')?.left).toEqual([expect.stringContaining('no number of days')]);
  expect(link('filter=home', { policy, filters: [{ id: 'home' }] })?.left).toEqual([]);
});

test('a life that came of a date is told in whole days', () => {
  const of = (life: number) => likeToken({ ...token, expireAt: 1000 + life }, known).start.expiry;
  expect(of(40 * day + hour / 3)).toEqual({ mode: 'after', amount: 40, unit: 'Days' });
  expect(of(5 * hour + 7)).toEqual({ mode: 'after', amount: 300, unit: 'Minutes' });
});

test('nonsense for a number of days means nothing', () => {
  for (const days of ['0', '-1', '1e9', 'x', '1.5', '999999']) expect(link(`days=${days}`)?.start.expiry).toEqual({ mode: 'after', amount: 30, unit: 'Days' });
});

test('a token string in a name goes no further', () => {
  expect(link(`name=${'A'.repeat(32)}~${'aB3'.repeat(15)}`)?.start.name).toBe('A'.repeat(32));
});

const token = { id: 'a', name: 'nurse', note: 'Call ops.', permissions: ['ReadHealthCheck', 'PatchGlobal'], createdAt: 1000, expireAt: 1000 + 36 * hour, ipFilterV2: { id: 'office', name: 'Office' } } as unknown as SystemToken;

test('a token like another has its name, note, permissions, filter and length of life', () => {
  expect(likeToken(token, known)).toEqual({
    start: { name: 'nurse', note: 'Call ops.', permissions: ['ReadHealthCheck'], filterId: 'office', expiry: { mode: 'after', amount: 36, unit: 'Hours' } },
    left: [expect.stringContaining('PatchGlobal')],
  });
  expect(likeToken({ ...token, note: null }, known).start.note).toBe('');
  expect(likeToken({ ...token, expireAt: null }, known).start.expiry).toEqual({ mode: 'never' });
});

test('a life beyond what the policy allows now is the first that it allows', () => {
  const policy = { maximumMs: 7 * day, enforcedFilter: null };
  expect(likeToken({ ...token, expireAt: null }, { ...known, policy }).start.expiry).toEqual({ mode: 'after', amount: 7, unit: 'Days' });
  expect(link('days=30', { policy })?.start.expiry).toEqual({ mode: 'after', amount: 7, unit: 'Days' });
});
