import type { Permission, PermissionName, SystemToken } from '../../api/tokens';
import type { ExpiryChoice } from '../../lib/expiry';
import { day, hour, minute, span } from '../../lib/time';
import { withoutSecret } from '../../lib/withoutSecret';
import type { TokenPolicy } from './tokenPolicy';

/** What the form for a new token begins with. */
export type Start = { name: string; note: string; permissions: PermissionName[]; filterId: string | null; expiry: ExpiryChoice };

/** What was filled in by something else than the reader, and what of it was left out. */
export type Prefill = { start: Start; left: string[] };

type Known = {
  permissions: readonly Permission[];
  /** Those that the reader holds, and so may give. */
  grantable: readonly string[];
  filters: readonly { id: string }[];
  policy: TokenPolicy;
};

export function emptyStart(policy: TokenPolicy): Start {
  return { name: '', note: '', permissions: [], filterId: null, expiry: firstExpiry(policy.maximumMs) };
}

/** A form like an existing token; null if the link names none. */
export function likeToken(token: SystemToken, known: Known): Prefill {
  // Of one that a reset replaced, what is left is the end of its grace period.
  const life = token.replacedBy != null ? undefined : token.expireAt == null ? null : token.expireAt - token.createdAt;
  return filledIn({ name: token.name, note: token.note ?? '', permissions: token.permissions, filterId: token.ipFilterV2?.id ?? null, life }, known);
}

/** A form as a link says, `?name=…&permissions=A,B&days=30&filter=<id>`; null if it says none. */
export function byLink(params: URLSearchParams, known: Known): Prefill | null {
  const [name, permissions, days, filterId] = ['name', 'permissions', 'days', 'filter'].map((key) => params.get(key)) as (string | null)[];
  if (name == null && permissions == null && days == null && filterId == null) return null;
  const whole = /^[1-9]\d{0,4}$/.test(days ?? '');
  const life = whole ? Number(days) * day : undefined;
  const asked = (permissions ?? '').split(',').filter((one) => one !== '');
  const filled = filledIn({ name: withoutSecret(name ?? '').slice(0, 253), note: '', permissions: asked, filterId: filterId ?? null, life }, known);
  if (days != null && !whole) filled.left.push(`“${withoutSecret(days)}”, which is no number of days.`);
  return filled;
}

type Wanted = { name: string; note: string; permissions: readonly string[]; filterId: string | null; life: number | null | undefined };

/**
 * Whoever gives somebody a link must not choose what does great harm: that is left for the reader
 * to tick, and so is what does not exist.
 */
function filledIn({ name, note, permissions, filterId, life }: Wanted, known: Known): Prefill {
  const wanted = known.permissions.filter((one) => permissions.includes(one.name));
  const held = wanted.filter((one) => known.grantable.includes(one.name));
  const { maximumMs, enforcedFilter } = known.policy;
  const unknown = permissions.filter((one) => !wanted.some(({ name }) => name === one));
  const filter = filterId === null || known.filters.some(({ id }) => id === filterId);
  return {
    start: {
      name,
      note,
      permissions: held.filter((one) => one.warning == null).map((one) => one.name),
      filterId: filter ? filterId : null,
      expiry: expiryOf(life, maximumMs),
    },
    left: [
      ...wanted.filter((one) => !held.includes(one)).map(({ label }) => `“${label}”, which you do not hold yourself.`),
      ...held.filter((one) => one.warning != null).map(({ label }) => `“${label}”, which can do great harm: tick it yourself if you mean it.`),
      ...unknown.map((one) => `“${one}”, which is no permission.`),
      ...(filter ? [] : ['An IP filter that does not exist any more: the token would work from any address.']),
      ...(filter && filterId !== null && enforcedFilter !== null && enforcedFilter.id !== filterId ? ['Its IP filter: the security policy enforces another.'] : []),
      ...(isTooLong(life, maximumMs) ? [`Its ${life == null ? 'life without an end' : `life of ${span(life)}`}: the security policy allows ${span(maximumMs)}.`] : []),
    ],
  };
}

function isTooLong(life: number | null | undefined, maximumMs: number | null): maximumMs is number {
  return life !== undefined && maximumMs !== null && (life === null || life > maximumMs);
}

/**
 * A life, no longer than the policy allows; undefined where nothing is said of it. One that came of
 * a date is told in whole days.
 */
function expiryOf(life: number | null | undefined, maximumMs: number | null): ExpiryChoice {
  if (life === undefined || isTooLong(life, maximumMs)) return firstExpiry(maximumMs);
  if (life === null) return { mode: 'never' };
  if (life % day === 0) return { mode: 'after', amount: life / day, unit: 'Days' };
  if (life % hour === 0) return { mode: 'after', amount: life / hour, unit: 'Hours' };
  if (life >= 2 * day) return { mode: 'after', amount: Math.floor(life / day), unit: 'Days' };
  return { mode: 'after', amount: Math.max(1, Math.floor(life / minute)), unit: 'Minutes' };
}

/** A month, or less where the policy allows less: a short life is what is recommended. */
function firstExpiry(maximumMs: number | null): ExpiryChoice {
  if (maximumMs === null || maximumMs >= 30 * day) return { mode: 'after', amount: 30, unit: 'Days' };
  if (maximumMs % day === 0) return { mode: 'after', amount: maximumMs / day, unit: 'Days' };
  if (maximumMs % hour === 0) return { mode: 'after', amount: maximumMs / hour, unit: 'Hours' };
  return { mode: 'never' };
}

type Words = { label: (permission: string) => string; filter: (id: string) => string };

/** What differs between two forms, a line each, in the words of their fields. */
export function differences(before: Start, after: Start, { label, filter }: Words): string[] {
  const filterOf = ({ filterId }: Start) => (filterId === null ? 'none' : filter(filterId));
  const fields = ([['Name', before.name, after.name], ['Note', before.note, after.note], ['IP filter', filterOf(before), filterOf(after)]] as const)
    .filter(([, was, is]) => was !== is)
    .map(([field, was, is]) => `${field}: ${was || 'none'} → ${is || 'none'}`);
  return [
    ...fields,
    ...after.permissions.filter((one) => !before.permissions.includes(one)).map((one) => `adds ${label(one)}`),
    ...before.permissions.filter((one) => !after.permissions.includes(one)).map((one) => `takes away ${label(one)}`),
    ...(JSON.stringify(before.expiry) === JSON.stringify(after.expiry) ? [] : ['another expiration']),
  ];
}
