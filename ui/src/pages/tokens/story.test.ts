import { expect, it } from 'vitest';
import type { AuditEvent } from '../../api/audit';
import { toldOf } from './story';

const id = 'this';
const day = 86_400_000;

function event(part: Partial<AuditEvent>, fields: Record<string, string> = {}): AuditEvent {
  return {
    id: '1',
    timestamp: 0,
    type: 'hashedtokens.change',
    actionName: null,
    sensitive: true,
    refused: null,
    tokenId: id,
    actor: { type: 'root', tokenId: null, tokenName: null, ip: null, requestId: null },
    fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
    ...part,
  } as AuditEvent;
}

const rotation = { oldTokenId: 'before', newTokenId: 'this', gracePeriodMs: '3600000' };

it.each([
  [event({ actionName: 'createSystemToken' }, { newPermissions: 'A,B' }), 'living', 'It was made, and may: <A>, <B>'],
  [event({ actionName: 'createSystemPermissionsToken' }), 'living', 'It was made, without permissions'],
  [event({ actionName: 'updateSystemPermissionsTokenPermissions' }, { oldPermissions: 'A,B', newPermissions: 'B,C' }), 'soon', 'Its permissions were changed; it may now: <C>; it may no more: <A>'],
  [event({ actionName: 'updateSystemPermissionsTokenPermissions' }, { oldPermissions: 'A', newPermissions: 'A' }), 'soon', 'Its permissions were set to what they were'],
  [event({ actionName: 'updateSystemTokenNote' }, { oldNote: '', newNote: 'Call ops.' }), 'soon', 'Its note became: “Call ops.”'],
  [event({ actionName: 'updateSystemTokenNote' }, { oldNote: 'Call ops.', newNote: 'Call \u202ene' }), 'soon', 'Its note became: “Call U+202Ene”'],
  [event({ actionName: 'updateSystemTokenNote' }, { oldNote: 'Call ops.', newNote: '' }), 'soon', 'Its note was taken away: “Call ops.”'],
  [event({ type: 'hashedtokens.rotate', actionName: 'rotateSystemToken' }, rotation), 'living', 'A reset gave it its string; the old string was to work for 1 hour more'],
  [event({ type: 'hashedtokens.rotate', actionName: 'rotateSystemToken' }, { oldTokenId: 'this', newTokenId: 'next', gracePeriodMs: '0' }), 'soon', 'Its secret was reset; the old string worked no more'],
  [event({ actionName: 'updateTokenSecurityPolicies' }, { expireAt: String(day), ipFilterId: 'f' }), 'soon', expect.stringMatching(/^A change of the security policies shortened its life to .* 1970 .* and gave it another IP filter$/)],
  [event({ actionName: 'updateTokenSecurityPolicies' }, { oldPermissions: 'A' }), 'dead', 'A change of the security policies deleted it'],
  [event({ actionName: 'deleteSystemToken' }), 'dead', 'It was deleted'],
  [event({ actionName: 'deleteSystemToken' }, { successorId: 'next' }), 'dead', 'The old string was ended'],
  [event({ type: 'tokens.expire', actionName: 'removeExpiredTokens' }), 'dead', 'It expired'],
  [event({ type: 'tokens.expiring', actionName: 'warnOfExpiry' }, { withinDays: '7', expireAt: String(day) }), 'soon', expect.stringMatching(/^The log warned that it ends within 7 days, at /)],
  [event({ type: 'authentication.refused' }, { reason: 'expired', count: '1' }), 'dead', 'A use of it was refused: its time is over'],
  [event({ type: 'authentication.refused' }, { reason: 'deleted', count: '1200', since: '7' }), 'dead', '1,200 uses of it were refused: it was deleted'],
  [event({ type: 'authentication.refused' }, { reason: 'of another kind', count: '1' }), 'dead', 'A use of it was refused'],
  [event({ actionName: 'deleteSystemToken', refused: 'Not allowed' }), 'dead', 'deleteSystemToken was refused: Not allowed'],
  [event({ type: 'something.new', actionName: 'newAction' }), 'soon', 'newAction was done with it'],
])('tells %j', (entry, tone, text) => {
  const told = toldOf(entry, id, (name) => `<${name}>`);
  expect(told.tone).toBe(tone);
  expect(told.text).toEqual(text);
});

it('leads from a rotation to the token before or after', () => {
  const entry = (fields: Record<string, string>) => event({ type: 'hashedtokens.rotate', actionName: 'rotateSystemToken' }, fields);
  expect(toldOf(entry(rotation), 'this', String).other?.id).toBe('before');
  expect(toldOf(entry(rotation), 'before', String).other?.id).toBe('this');
});
