import type { PermissionName, TokenOrder, TokenQuestion, TokenState } from '../../api/tokens';
import type { Direction } from '../../components/Table';
import { counted, day } from '../../lib/time';
import type { Change } from '../../lib/useListState';
import { withoutSecret } from '../../lib/withoutSecret';

/** Which tokens the URL selects. An empty list, an empty text and null select nothing away. */
export type Selection = {
  search: string;
  /** Held, any of them. */
  permissions: PermissionName[];
  states: TokenState[];
  /** Within so many days, never, or at any time at all. */
  ends: number | 'never' | 'ever' | null;
  unusedDays: number | null;
  /** The ids of filters, or that there is none. */
  filters: string[] | 'none';
  /** The id of a token, or `root`. */
  creator: string;
};

export type Order = { sortBy: TokenOrder; orderBy: Direction };

/**
 * Orders by the names they have in the URL; the first is the one when it names none. Only what has
 * ended has a moment of that.
 */
export const orders = [
  { name: 'name', sortBy: 'Name', label: 'Name', up: 'A first', down: 'Z first' },
  { name: 'expiry', sortBy: 'ExpirationDate', label: 'Expiry', up: 'soonest first', down: 'latest first' },
  { name: 'used', sortBy: 'LastUsedAt', label: 'Last used', up: 'longest ago first', down: 'newest first' },
  { name: 'created', sortBy: 'CreatedAt', label: 'Created', up: 'oldest first', down: 'newest first' },
  { name: 'ended', sortBy: 'EndedAt', label: 'Ended', up: 'longest ago first', down: 'newest first', ofEnded: true },
  { name: 'tried', sortBy: 'LastTriedAt', label: 'Last tried', up: 'never first', down: 'newest first', ofEnded: true },
] as const satisfies readonly { name: string; sortBy: TokenOrder; label: string; up: string; down: string; ofEnded?: true }[];

/** The orders that a list can have. */
export function ordersOf(selection: Selection): readonly (typeof orders)[number][] {
  return orders.filter((order) => isOfEnded(selection) ? order.sortBy !== 'ExpirationDate' : !('ofEnded' in order));
}

export const stateWords: Readonly<Record<TokenState, string>> = { Active: 'Active', InGracePeriod: 'In its grace period', Expired: 'Expired', Ended: 'Ended' };

export function selectionOf(params: URLSearchParams): Selection {
  const ends = params.get('ends');
  const filter = params.get('filter');
  return {
    search: withoutSecret(params.get('q') ?? ''),
    // One that the server does not know is asked for all the same: its sentence says so.
    permissions: listOf(params.get('permission')).filter((name): name is PermissionName => /^[A-Za-z]+$/.test(name)),
    states: statesOf(listOf(params.get('state')).filter((name): name is TokenState => Object.hasOwn(stateWords, name))),
    ends: ends === 'never' || ends === 'ever' ? ends : daysOf(ends),
    unusedDays: daysOf(params.get('unused')),
    filters: filter === 'none' ? filter : listOf(filter),
    creator: withoutSecret(params.get('creator') ?? '').trim(),
  };
}

/** What has ended is listed by itself. */
function statesOf(states: TokenState[]): TokenState[] {
  return states.includes('Ended') ? ['Ended'] : states;
}

export function isOfEnded({ states }: Selection): boolean {
  return states[0] === 'Ended';
}

function listOf(text: string | null): string[] {
  return text === null ? [] : [...new Set(text.split(',').filter((item) => item !== ''))];
}

/** Whole days, to about a century; null for anything else. */
function daysOf(text: string | null): number | null {
  const days = /^[1-9]\d{0,4}$/.test(text ?? '') ? Number(text) : 0;
  return days >= 1 && days <= 36_500 ? days : null;
}

export function orderOf(params: URLSearchParams): Order {
  const sort = params.get('sort') ?? orders[0].name;
  const known = ordersOf(selectionOf(params)).find(({ name }) => name === sort);
  // A direction belongs to its order: "newest first" is not "Z first".
  if (known === undefined) return { sortBy: orders[0].sortBy, orderBy: 'ASC' };
  return { sortBy: known.sortBy, orderBy: params.get('dir') === 'desc' ? 'DESC' : 'ASC' };
}

/** What the URL must say for an order. */
export function orderChange({ sortBy, orderBy }: Order): Change {
  const name = orders.find((order) => order.sortBy === sortBy)?.name ?? orders[0].name;
  return { sort: name === orders[0].name ? null : name, dir: orderBy === 'DESC' ? 'desc' : null };
}

/** What is asked of the server for a selection. */
export function questionOf({ search, permissions, states, ends, unusedDays, filters, creator }: Selection): TokenQuestion {
  return {
    searchFilter: search.trim(),
    permissionFilter: permissions,
    stateFilter: states,
    endsWithinMs: typeof ends === 'number' ? ends * day : undefined,
    neverExpires: ends === 'never' ? true : ends === 'ever' ? false : null,
    unusedForMs: unusedDays === null ? undefined : unusedDays * day,
    ipFilterIdFilter: filters === 'none' ? null : filters,
    withoutIpFilter: filters === 'none' ? true : null,
    createdByFilter: creator === '' ? null : creator === 'root' ? 'localroot' : creator,
  };
}

/** What empties the URL of every filter; what is searched for stays. */
export const noFilters: Change = { permission: null, state: null, ends: null, unused: null, filter: null, creator: null };

/** A filter in use: its words, and the change of the URL that takes it off. */
export type Chip = { key: string; label: string; off: Change };

/** How the things that a selection names by their ids are called. */
export type Words = { permission: (name: string) => string; filter: (id: string) => string; maker: (id: string) => string | null };

export function chipsOf(selection: Selection, words: Words): Chip[] {
  const { permissions, states, ends, unusedDays, filters, creator } = selection;
  const chips = [
    ...chipsOfList('permission', permissions, 'May:', words.permission),
    ...chipsOfList('state', states, 'State:', (state) => stateWords[state]),
    ...chipsOfList('filter', filters === 'none' ? [] : filters, 'IP filter:', words.filter),
  ];
  const single = (name: string, label: string) => chips.push({ key: name, label, off: { [name]: null } });
  if (filters === 'none') single('filter', 'No IP filter');
  if (ends !== null) single('ends', endsWords(ends));
  if (unusedDays !== null) single('unused', unusedWords(unusedDays));
  if (creator !== '') single('creator', `Made by ${words.maker(creator) ?? creatorWords(creator)}`);
  return chips;
}

/** Any of a list will do, so all but the first say "or". */
function chipsOfList<T extends string>(name: string, items: readonly T[], lead: string, word: (item: T) => string): Chip[] {
  return items.map((item, index) => ({
    key: `${name} ${item}`,
    label: `${index === 0 ? lead : 'or'} ${word(item)}`,
    off: { [name]: items.filter((other) => other !== item).join(',') },
  }));
}

export function endsWords(ends: NonNullable<Selection['ends']>): string {
  if (ends === 'never') return 'Never ends';
  return ends === 'ever' ? 'Has an end' : `Ends within ${counted(ends, 'day')}`;
}

export function unusedWords(days: number): string {
  return `Unused for ${counted(days, 'day')}`;
}

function creatorWords(creator: string): string {
  if (creator === 'localroot') return 'root';
  return creator.length > 12 ? `${creator.slice(0, 8)}…` : creator;
}

/** The address without what only changes how the same tokens are drawn. */
export function withoutScale(query: string): string {
  const params = new URLSearchParams(query);
  params.delete('scale');
  return params.toString();
}
