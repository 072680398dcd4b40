import type { AuditEvent } from '../../api/audit';
import { shownName } from '../../lib/invisible';
import { exact, number, span } from '../../lib/time';

/** How an entry of a history is drawn: what gave it something, what changed it, what ended it. */
export type Tone = 'living' | 'soon' | 'dead';

export type Told = {
  tone: Tone;
  /** What happened, without who did it. */
  text: string;
  /** Another token that it leads to: the one before or after a rotation. */
  other?: { id: string; label: string } | undefined;
};

type Words = (permission: string) => string;

/** What an entry about a token tells, as a sentence by its action. */
export function toldOf(event: AuditEvent, id: string, label: Words): Told {
  const detail = (name: string) => event.fields.find((field) => field.name === name)?.value ?? '';
  if (event.type === 'authentication.refused') return { tone: 'dead', text: refusedUses(Number(detail('count')), detail('reason')) };
  if (event.refused != null && event.refused !== '') return { tone: 'dead', text: `${event.actionName ?? 'A change'} was refused: ${event.refused}` };
  if (event.type === 'tokens.expire') return { tone: 'dead', text: 'It expired' };
  if (event.type === 'tokens.expiring') return { tone: 'soon', text: warningText(Number(detail('withinDays')), Number(detail('expireAt'))) };
  if (event.type === 'hashedtokens.rotate') return rotated(id, detail);
  switch (event.actionName) {
    case 'updateSystemPermissionsTokenPermissions':
      return { tone: 'soon', text: permissionsText(listOf(detail('oldPermissions')), listOf(detail('newPermissions')), label) };
    case 'updateSystemTokenNote':
      return { tone: 'soon', text: noteText(shownName(detail('oldNote')), shownName(detail('newNote'))) };
    case 'updateTokenSecurityPolicies':
      return policyEffect(Number(detail('expireAt')), detail('ipFilterId'), detail('newPermissions') === '' && detail('oldPermissions') !== '');
    case 'createSystemToken':
    case 'createSystemPermissionsToken':
    case 'createSystemPermissionsTokenV2':
      return { tone: 'living', text: `It was made, ${mayText(listOf(detail('newPermissions')), label)}` };
    case 'rotateSystemToken':
    case 'rotateToken':
    case 'deleteSystemToken':
    case 'deleteSystemTokens':
    case 'deleteToken':
      return ended(detail('successorId'));
    default:
      return { tone: 'soon', text: `${event.actionName ?? event.type} was done with it` };
  }
}

const reasons: Readonly<Record<string, string>> = {
  expired: 'its time is over',
  deleted: 'it was deleted',
  rotated: 'its secret was reset',
  filtered: 'its IP filter does not allow the address',
  unreadable: 'the address could not be told',
  disabled: 'the security policies allow no system tokens',
};

function refusedUses(count: number, reason: string): string {
  const what = count > 1 ? `${number(count)} uses of it were refused` : 'A use of it was refused';
  return reasons[reason] === undefined ? what : `${what}: ${reasons[reason]}`;
}

function warningText(days: number, at: number): string {
  return days > 0 && at > 0 ? `The log warned that it ends within ${span(days * 86_400_000)}, at ${exact(at)}` : 'The log warned that it ends soon';
}

function rotated(id: string, detail: (name: string) => string): Told {
  const grace = Number(detail('gracePeriodMs'));
  const rest = grace > 0 ? `the old string was to work for ${span(grace)} more` : 'the old string worked no more';
  const before = detail('oldTokenId');
  const after = detail('newTokenId');
  if (before === id) return { tone: 'soon', text: `Its secret was reset; ${rest}`, other: { id: after, label: 'Its successor' } };
  return { tone: 'living', text: `A reset gave it its string; ${rest}`, other: before === '' ? undefined : { id: before, label: 'The one before' } };
}

function ended(successor: string): Told {
  if (successor === '') return { tone: 'dead', text: 'It was deleted' };
  return { tone: 'dead', text: 'The old string was ended', other: { id: successor, label: 'Its successor' } };
}

function policyEffect(expireAt: number, filter: string, deleted: boolean): Told {
  if (deleted) return { tone: 'dead', text: 'A change of the security policies deleted it' };
  const effects = [expireAt > 0 && `shortened its life to ${exact(expireAt)}`, filter !== '' && 'gave it another IP filter'].filter((effect) => effect !== false);
  return { tone: 'soon', text: `A change of the security policies ${effects.length === 0 ? 'reached it' : effects.join(' and ')}` };
}

function permissionsText(before: string[], after: string[], label: Words): string {
  const added = after.filter((name) => !before.includes(name)).map(label);
  const taken = before.filter((name) => !after.includes(name)).map(label);
  const parts = [added.length > 0 && `it may now: ${added.join(', ')}`, taken.length > 0 && `it may no more: ${taken.join(', ')}`].filter((part) => part !== false);
  return parts.length === 0 ? 'Its permissions were set to what they were' : `Its permissions were changed; ${parts.join('; ')}`;
}

function noteText(before: string, after: string): string {
  return after === '' ? `Its note was taken away: “${before}”` : `Its note became: “${after}”`;
}

function mayText(names: string[], label: Words): string {
  return names.length === 0 ? 'without permissions' : `and may: ${names.map(label).join(', ')}`;
}

const listOf = (text: string) => text.split(',').filter((name) => name !== '');
