import type { AuditEvent } from '../../api/audit';
import { counted, exact, number, span } from '../../lib/time';
import { deedOf } from './actions';
import { changed } from './changes';
import { called, doer, type Entry, filterAt, from, type Part, type Sentence, subject, type Tone, tokenAt } from './parts';
import { policiesSet } from './policies';
import { type Kind, storeKinds } from './storeKinds';

type Options = { here?: string | undefined; label?: ((permission: string) => string) | undefined };

/**
 * What an entry tells, in one sentence: what happened, to what, by whom. In the history of a token
 * (here) that is not named again, and permissions are named, where the log counts them. What this
 * page does not know yet is told by the names that the server has for it.
 */
export function sentenceOf(event: AuditEvent, { here, label }: Options = {}): Sentence {
  const detail = (name: string) => event.fields.find((field) => field.name === name)?.value ?? '';
  const entry: Entry = { event, id: event.tokenId ?? '', detail, here, label };
  const { tone, parts } = event.refused != null && event.refused !== '' ? refusedChange(entry) : (kinds[event.type]?.tell(entry) ?? unknown(entry));
  return { tone, parts: capitalised(parts.filter((part) => part !== '')) };
}

/** The kinds of entries there are: another one is told by its names. */
export const kinds: Readonly<Record<string, Kind>> = {
  'hashedtokens.change': { label: 'Token made, changed or deleted', tell: (entry) => changed(entry) ?? unknown(entry) },
  'hashedtokens.rotate': { label: 'Secret reset', tell: rotated },
  'ipfilters.change': { label: 'IP filter changed', tell: filterChanged },
  'organizations.securitypolicies.tokens.update': { label: 'Security policies changed', tell: policiesSet },
  'tokens.expire': { label: 'Token expired', tell: (entry) => ({ tone: 'dead', parts: [...subject(entry), 'expired', moment(entry, ' at ')] }) },
  'tokens.expiring': { label: 'Token will expire soon', tell: expiring },
  'roottoken.replace': { label: 'Root token replaced', tell: rootReplaced },
  'authentication.refused': { label: 'Sign-in refused', tell: refusedUse },
  'sessions.end': { label: 'Signed out', tell: (entry) => ({ tone: 'quiet', parts: [...subject(entry, ''), 'signed out', ...from(entry)] }) },
  'hashedtokens.read': { label: 'Tokens listed', tell: (entry) => read(entry, 'Tokens listed') },
  'audit.read': { label: 'Audit log read', tell: (entry) => read(entry, 'Audit log read') },
  'organizations.securitypolicies.tokens.read': {
    label: 'Change of policies tried',
    tell: (entry) => read(entry, `Change of ${entry.event.actionName === 'ipFilterImpact' ? 'an IP filter' : 'the security policies'} tried`),
  },
  ...storeKinds,
};

/** A newer server's entry: by the names that it has for it. */
function unknown(entry: Entry): Sentence {
  const { event, id, here } = entry;
  const kind: Part[] = event.actionName == null ? [] : [{ given: event.actionName, mono: true }, ' · '];
  const about: Part[] = id === '' || id === here ? [] : [' · ', ...subject(entry).slice(0, -1)];
  return { tone: 'quiet', parts: [...kind, { given: event.type, mono: true }, ...about, ...doer(entry)] };
}

function refusedChange(entry: Entry): Sentence {
  const { event, id } = entry;
  const [before, after] = (deedOf(event)?.doing ?? '').split('*');
  const on: Part[] = after === undefined ? [] : id === '' ? ['a token'] : subject(entry, 'token ', 'it');
  const what: Part[] = before === '' ? [{ given: event.actionName ?? event.type, mono: true }] : [before ?? '', ...on];
  return { tone: 'dead', parts: [...what, on.length > 2 ? 'refused' : ' refused', ...doer(entry, 'to'), times(entry, ', '), ': ', { given: event.refused ?? '' }] };
}

/** Why a string was not accepted: the server's word, and ours. */
export const reasons: Readonly<Record<string, string>> = {
  malformed: 'it is no token string',
  unknown: 'no token has its id',
  wrong: 'its secret is not that of the token',
  expired: 'its time is over',
  disabled: 'the security policies allow no system tokens',
  filtered: 'not in its IP filter',
  damaged: 'what is stored of it is damaged',
  unreadable: 'its IP filter needs an address, and none could be told',
  signedout: 'its session was signed out',
  deleted: 'it was deleted',
  rotated: 'its secret was reset',
  notproven: 'what it may do could not be asked for',
};

function refusedUse(entry: Entry): Sentence {
  const { id, detail } = entry;
  const who: Part[] = id === '' ? ['a credential '] : subject(entry, '');
  const why = reasons[detail('reason')] ?? detail('reason');
  return { tone: 'dead', parts: [...who, 'refused', times(entry), ...from(entry), why === '' ? '' : `: ${why}`] };
}

function expiring(entry: Entry): Sentence {
  const within = Number(entry.detail('withinDays'));
  return { tone: 'soon', parts: [...subject(entry), within > 0 ? `expires within ${counted(within, 'day')}` : 'expires soon', moment(entry, ', at ')] };
}

function rootReplaced({ event }: Entry): Sentence {
  const first = event.actionName === 'firstStart';
  return { tone: first ? 'living' : 'soon', parts: [first ? 'Root token made, at the first start' : 'Root token replaced, by whoever runs the server'] };
}

function rotated(entry: Entry): Sentence {
  const { id: after, detail, here } = entry;
  const before = detail('oldTokenId');
  const grace = Number(detail('gracePeriodMs'));
  const rest = grace > 0 ? ` was to work for ${span(grace)} more` : ' worked no more';
  const reset: Part[] = ['secret ', ...subject(entry, 'of token '), 'reset', ...doer(entry)];
  if (here === before) return { tone: 'soon', parts: ['secret reset', ...doer(entry), `: this string${rest}; its `, { given: 'successor', to: tokenAt(after) }, ' took over'] };
  const old: Part[] = ['; the ', { given: 'old string', to: tokenAt(before) }, rest];
  return here === after ? { tone: 'living', parts: [...reset, ': this string took over', ...old] } : { tone: 'soon', parts: [...reset, ...old] };
}

function filterChanged(entry: Entry): Sentence {
  const { event, detail } = entry;
  const [tone, verb] = filterDeeds[event.actionName ?? ''] ?? ['soon', 'changed'];
  const to = event.actionName === 'deleteIPFilter' || detail('ipFilterId') === '' ? undefined : filterAt(detail('ipFilterId'));
  const bound = detail('boundTokens');
  const before = detail('oldIpFilterName');
  const was: Part[] = before === '' ? [] : [', called ', called(before), ' before'];
  return {
    tone,
    parts: ['IP filter ', called(detail('ipFilterName'), to), ` ${verb}`, ...doer(entry), bound === '' ? '' : `: it binds ${bound === '0' ? 'no token' : counted(Number(bound), 'token')}`, ...was],
  };
}

const filterDeeds: Readonly<Record<string, readonly [Tone, string]>> = { createIPFilter: ['living', 'made'], deleteIPFilter: ['dead', 'deleted'] };

function read(entry: Entry, what: string): Sentence {
  return { tone: 'quiet', parts: [what, ...doer(entry), times(entry, ', ')] };
}

function times({ detail }: Entry, before = ' '): string {
  const n = Number(detail('count'));
  return n > 1 ? `${before}${number(n)} times` : '';
}

function moment({ detail }: Entry, before: string): string {
  const at = Number(detail('expireAt'));
  return at > 0 ? `${before}${exact(at)}` : '';
}

function capitalised(parts: readonly Part[]): readonly Part[] {
  const [first, ...rest] = parts;
  return typeof first === 'string' && first !== 'root' ? [first.charAt(0).toUpperCase() + first.slice(1), ...rest] : parts;
}
