import { expect, it } from 'vitest';
import { day, hour } from '../../lib/time';
import { actionLabel, amountOf, changesOf, draftOf, inputOf, sameDraft, unreadOf } from './draft';

const none = null;
const policies = {
  personalUserTokensEnforceExpirationAfterMs: none,
  personalUserTokensEnforceIpFilter: none,
  viewPermissionTokensEnforceExpirationAfterMs: none,
  viewPermissionTokensEnforceIpFilter: none,
  viewPermissionTokensAllowPermissionUpdates: true,
  organizationPermissionTokensAllowPermissionUpdates: none,
  systemPermissionTokensEnforceIpFilter: none,
  personalUserTokensEnabled: true,
  viewPermissionTokensEnabled: true,
  organizationPermissionTokensEnabled: false,
  organizationPermissionTokensEnforceExpirationAfterMs: hour,
  organizationPermissionTokensEnforceIpFilter: { id: 'f1', name: 'office' },
  systemPermissionTokensEnabled: true,
  systemPermissionTokensEnforceExpirationAfterMs: 90 * day,
  systemPermissionTokensAllowPermissionUpdates: null,
};

it('writes back what it read, for every kind', () => {
  const input = inputOf(draftOf(policies));
  expect(input).toMatchObject({
    personalUserTokensEnabled: true,
    organizationPermissionTokensEnabled: false,
    organizationPermissionTokensEnforceExpirationAfterMs: hour,
    organizationPermissionTokensEnforceIpFilterId: 'f1',
    systemPermissionTokensEnforceExpirationAfterMs: 90 * day,
    systemPermissionTokensAllowPermissionUpdates: false,
    systemPermissionTokensEnforceIpFilterId: null,
  });
  expect(sameDraft(draftOf(policies), draftOf({ ...policies }))).toBe(true);
});

it.each([
  [{ deleted: 12, capped: 40, refiltered: 0 }, 'Delete 12 tokens, shorten 40'],
  [{ deleted: 0, capped: 1, refiltered: 0 }, 'Shorten 1 token'],
  [{ deleted: 0, capped: 0, refiltered: 1200 }, 'Re-filter 1,200 tokens'],
  [{ deleted: 1, capped: 2, refiltered: 3 }, 'Delete 1 token, shorten 2, re-filter 3'],
  [{ deleted: 0, capped: 0, refiltered: 0 }, 'Change the policy'],
])('the button for %o says %s', (counts, label) => {
  expect(actionLabel(counts)).toBe(label);
});

it('names what changes', () => {
  const before = { enabled: true, maximumMs: null, filterId: null, updates: false };
  expect(changesOf(before, { ...before, maximumMs: 90 * day, filterId: 'f1' }, () => 'office')).toEqual([
    'Token expiration: no maximum → 90 days',
    'Enforced IP filter: none → office',
  ]);
  expect(changesOf(before, before, String)).toEqual([]);
});

it('sends no maximum that cannot be read, and names its field', () => {
  const draft = draftOf(policies);
  expect(unreadOf(draft)).toBeNull();
  const bad = { ...draft, view: { ...draft.view, maximumMs: undefined } };
  expect(unreadOf(bad)?.fields).toEqual({ viewPermissionTokensEnforceExpirationAfterMs: 'Type a whole number, 1 or more, of at most 100,000,000 days.' });
  expect(unreadOf(bad)).toBe(unreadOf(bad));
  expect(sameDraft(draft, bad)).toBe(false);
});

it('shows a length in its largest whole unit', () => {
  expect(amountOf(90 * day)).toEqual({ amount: 90, unit: 'Days' });
  expect(amountOf(36 * hour)).toEqual({ amount: 36, unit: 'Hours' });
  expect(amountOf(1)).toEqual({ amount: 1, unit: 'Minutes' });
});
