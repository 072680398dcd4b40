import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { AuditEvent } from '../../api/audit';
import { exact } from '../../lib/time';
import { deeds } from './actions';
import type { Part } from './parts';
import { kinds, reasons, sentenceOf } from './sentence';

const at = 1_800_000_000_000;
const anna = { type: 'systemPermissionToken', tokenId: 'a1', tokenName: 'anna', ip: null, requestId: 'r' };
const root = { type: 'root', tokenId: 'localroot', tokenName: null, ip: '10.0.0.1', requestId: 'r' };
const system = { type: 'system', tokenId: null, tokenName: null, ip: null, requestId: null };

/** An entry as the server writes it: kind/action. By anna unless it says otherwise. */
function event(what: string, fields: Record<string, string> = {}, part: Partial<AuditEvent> = {}): AuditEvent {
  const [type, actionName = null] = what.split('/');
  const token = 'tokenName' in fields ? 't1' : null;
  return { id: '1', timestamp: at, type, actionName, sensitive: true, refused: null, tokenId: token, actor: anna, fields: Object.entries(fields).map(([name, value]) => ({ name, value })), ...part } as AuditEvent;
}

/** A sentence as it is written, with links as [words](address). */
function written(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.to === undefined ? part.given : `[${part.given}](${part.to})`)).join('');
}

const nurse = { tokenName: 'nurse' };
const inLog: [AuditEvent, string, string][] = [
  [event('hashedtokens.change/createSystemToken', { ...nurse, newPermissions: 'A,B', ipFilterId: 'f', expireAt: String(at) }), 'living', `Token [nurse](/tokens/t1) made by [anna](/tokens/a1): 2 permissions, ends ${exact(at)}, bound to [an IP filter](/ip-filters/f)`],
  [event('hashedtokens.change/createSystemPermissionsTokenV2', { ...nurse, newPermissions: '', ipFilterId: '', expireAt: '' }, { actor: root }), 'living', 'Token [nurse](/tokens/t1) made by root from 10.0.0.1: no permissions, never ends'],
  [event('hashedtokens.change/deleteSystemToken', { ...nurse, oldPermissions: 'A' }, { actor: root }), 'dead', 'Token [nurse](/tokens/t1) deleted by root from 10.0.0.1'],
  [event('hashedtokens.change/rotateToken', { ...nurse, oldPermissions: 'A', successorId: 't2' }), 'dead', 'Old string of token [nurse](/tokens/t1) ended by [anna](/tokens/a1); it had a [successor](/tokens/t2)'],
  [event('hashedtokens.change/updateSystemPermissionsTokenPermissions', { ...nurse, oldPermissions: 'A,B', newPermissions: 'B,C,D' }), 'soon', 'Permissions of token [nurse](/tokens/t1) changed by [anna](/tokens/a1): 2 added; 1 taken away'],
  [event('hashedtokens.change/updateSystemTokenNote', { ...nurse, oldNote: '', newNote: 'Call \u202eops' }), 'soon', 'Note of token [nurse](/tokens/t1) written by [anna](/tokens/a1): “Call U+202Eops”'],
  [event('hashedtokens.change/updateSystemTokenNote', { ...nurse, oldNote: 'x', newNote: 'n'.repeat(500) }), 'soon', `Note of token [nurse](/tokens/t1) changed by [anna](/tokens/a1): “${'n'.repeat(80)}…”`],
  [event('hashedtokens.change/updateSystemTokenNote', { ...nurse, oldNote: 'Call ops', newNote: '' }), 'soon', 'Note of token [nurse](/tokens/t1) taken away by [anna](/tokens/a1): “Call ops”'],
  [event('hashedtokens.change/updateTokenSecurityPolicies', { ...nurse, oldPermissions: 'A' }), 'dead', 'Token [nurse](/tokens/t1) deleted by a change of the security policies by [anna](/tokens/a1): system tokens are not allowed'],
  [event('hashedtokens.change/updateTokenSecurityPolicies', { ...nurse, oldPermissions: 'A', tightenedMaxAgeMs: '3600000' }), 'dead', 'Token [nurse](/tokens/t1) deleted by a change of the security policies by [anna](/tokens/a1): system tokens live 1 hour at most'],
  [event('hashedtokens.change/updateTokenSecurityPolicies', { ...nurse, expireAt: String(at) }), 'soon', `Token [nurse](/tokens/t1) shortened, to end ${exact(at)}, by a change of the security policies by [anna](/tokens/a1)`],
  [event('hashedtokens.change/updateTokenSecurityPolicies', { ...nurse, ipFilterId: 'f' }), 'soon', 'Token [nurse](/tokens/t1) bound to [another IP filter](/ip-filters/f) by a change of the security policies by [anna](/tokens/a1)'],
  [event('hashedtokens.change/updateTokenSecurityPolicies', { ...nurse, ipFilterId: 'f', expireAt: String(at) }), 'soon', `Token [nurse](/tokens/t1) shortened, to end ${exact(at)}, and bound to [another IP filter](/ip-filters/f), by a change of the security policies by [anna](/tokens/a1)`],
  [event('hashedtokens.change/deleteToken', nurse, { refused: 'You may not.', actor: { ...anna, ip: '10.0.0.9' } }), 'dead', 'Deleting token [nurse](/tokens/t1) refused to [anna](/tokens/a1) from 10.0.0.9: You may not.'],
  [event('hashedtokens.change/deleteToken', { count: '1200', since: 's' }, { refused: 'You may not.' }), 'dead', 'Deleting a token refused to [anna](/tokens/a1), 1,200 times: You may not.'],
  [event('ipfilters.change/createIPFilter', {}, { refused: 'You may not.' }), 'dead', 'Making an IP filter refused to [anna](/tokens/a1): You may not.'],
  [event('hashedtokens.change/newMutation', {}, { refused: 'You may not.' }), 'dead', 'newMutation refused to [anna](/tokens/a1): You may not.'],
  [event('hashedtokens.rotate/rotateSystemToken', { ...nurse, oldTokenId: 't0', newTokenId: 't1', gracePeriodMs: '3600000' }), 'soon', 'Secret of token [nurse](/tokens/t1) reset by [anna](/tokens/a1); the [old string](/tokens/t0) was to work for 1 hour more'],
  [event('ipfilters.change/createIPFilter', { ipFilterId: 'f', ipFilterName: 'office', actionData: 'allow all' }), 'living', 'IP filter [office](/ip-filters/f) made by [anna](/tokens/a1)'],
  [event('ipfilters.change/updateIPFilter', { ipFilterId: 'f', ipFilterName: 'office', boundTokens: '8' }), 'soon', 'IP filter [office](/ip-filters/f) changed by [anna](/tokens/a1): it binds 8 tokens'],
  [event('ipfilters.change/updateIPFilter', { ipFilterId: 'f', ipFilterName: 'office', boundTokens: '0', oldIpFilterName: 'home' }), 'soon', 'IP filter [office](/ip-filters/f) changed by [anna](/tokens/a1): it binds no token, called home before'],
  [event('ipfilters.change/deleteIPFilter', { ipFilterId: 'f', ipFilterName: 'office' }), 'dead', 'IP filter office deleted by [anna](/tokens/a1)'],
  [event('organizations.securitypolicies.tokens.update/updateTokenSecurityPolicies', { enabledTokens: 'personalUserTokens,systemPermissionTokens', systemPermissionTokensEnforceExpirationAfterMs: String(90 * 86_400_000), systemPermissionTokensEnforceIpFilterId: 'f', tokensDeleted: '12', tokensCapped: '1', tokensRefiltered: '0' }), 'soon', 'Security policies set by [anna](/tokens/a1): system tokens live 90 days at most, all bound to [one IP filter](/ip-filters/f); 12 tokens deleted, 1 token shortened'],
  [event('organizations.securitypolicies.tokens.update/updateTokenSecurityPolicies', { enabledTokens: 'systemPermissionTokens' }), 'soon', 'Security policies set by [anna](/tokens/a1): system tokens may live for ever'],
  [event('organizations.securitypolicies.tokens.update/updateTokenSecurityPolicies', { enabledTokens: 'personalUserTokens', tokensDeleted: '1' }), 'soon', 'Security policies set by [anna](/tokens/a1): system tokens are not allowed; 1 token deleted'],
  [event('tokens.expire/removeExpiredTokens', { ...nurse, expireAt: String(at) }, { actor: system }), 'dead', `Token [nurse](/tokens/t1) expired at ${exact(at)}`],
  [event('tokens.expiring/warnOfExpiringTokens', { ...nurse, expireAt: String(at), withinDays: '7' }, { actor: system }), 'soon', `Token [nurse](/tokens/t1) expires within 7 days, at ${exact(at)}`],
  [event('tokens.expiring/warnOfExpiringTokens', nurse, { actor: system }), 'soon', 'Token [nurse](/tokens/t1) expires soon'],
  [event('roottoken.replace/firstStart', {}, { actor: system, tokenId: 'localroot' }), 'living', 'Root token made, at the first start'],
  [event('roottoken.replace/root-token', {}, { actor: system, tokenId: 'localroot' }), 'soon', 'Root token replaced, by whoever runs the server'],
  [event('authentication.refused', { reason: 'filtered', count: '1' }, { tokenId: 'a1', actor: { ...anna, ip: '10.0.0.9' } }), 'dead', '[anna](/tokens/a1) refused from 10.0.0.9: not in its IP filter'],
  [event('authentication.refused', { reason: 'expired', count: '1200' }, { tokenId: 'abcdefghijkl', actor: { ...anna, tokenId: 'abcdefghijkl', tokenName: null, ip: 'unreadable' } }), 'dead', '[abcdefgh…](/tokens/abcdefghijkl) refused 1,200 times from an unknown address: its time is over'],
  [event('authentication.refused', { reason: 'unknown', count: '2' }, { actor: { ...system, type: 'anonymous', ip: '::1' } }), 'dead', 'A credential refused 2 times from ::1: no token has its id'],
  [event('authentication.refused', { reason: 'new', count: '1' }, { tokenId: 'localroot', actor: root }), 'dead', 'root refused from 10.0.0.1: new'],
  [event('hashedtokens.read/systemTokens', { count: '3' }), 'quiet', 'Tokens listed by [anna](/tokens/a1), 3 times'],
  [event('audit.read/auditEvents', { count: '1' }, { actor: root }), 'quiet', 'Audit log read by root from 10.0.0.1'],
  [event('organizations.securitypolicies.tokens.read/tokenSecurityPoliciesImpact', { count: '1' }), 'quiet', 'Change of the security policies tried by [anna](/tokens/a1)'],
  [event('organizations.securitypolicies.tokens.read/ipFilterImpact', { count: '1' }), 'quiet', 'Change of an IP filter tried by [anna](/tokens/a1)'],
  [event('store.backup/backup', {}, { actor: system }), 'quiet', 'Backup of the store made'],
  [event('store.restore/restore', { entries: '1000', entriesBefore: '1200' }, { actor: system }), 'dead', 'Store restored from a backup with 1,000 entries of this log; the store before had 1,200'],
  [event('store.copy/store copy', { way: 'bolt to etcd', entries: '1', entriesBefore: '1' }, { actor: system }), 'quiet', 'All rows of another store copied into this one: bolt to etcd, 1 entry of this log'],
  [event('store.compact/compact', {}, { actor: system }), 'quiet', 'File of the store written anew, without unused space'],
  [event('audit.archive/archive', { segment: '1', firstEntry: '1', lastEntry: '65536' }, { actor: system }), 'quiet', 'Entries 1 to 65,536 of this log moved out of the store, into segment 1'],
  [event('store.salvage/doctor', { tokens: '12', lostTokens: '2' }, { actor: system }), 'dead', 'Damaged store salvaged: 12 tokens kept, 2 lost'],
  [event('store.rollback/accept-rollback', { reason: 'it is older' }, { actor: system }), 'dead', 'Older store accepted: it is older'],
  [event('store.integrity/integrity', { table: 'tokens', key: '7', reason: 'the seal is wrong' }, { actor: system }), 'dead', 'Stored row 7 of tokens is not what was written: the seal is wrong'],
  [event('store.integrity/integrity', { table: 'segments', files: '1.seg,2.seg', reason: 'it is not there' }, { actor: system }), 'dead', 'Archived part of this log in 1.seg, 2.seg is not what was written: it is not there'],
  [event('sessions.end/signOut', { sessionBegan: 's' }, { tokenId: 'a1', actor: { ...anna, ip: '10.0.0.9' } }), 'quiet', '[anna](/tokens/a1) signed out from 10.0.0.9'],
  [event('sessions.end/signOut', {}, { tokenId: 'localroot', actor: root }), 'quiet', 'root signed out from 10.0.0.1'],
  [event('keys.rotate/key', { key: 'k2', done: 'false' }, { actor: system }), 'soon', 'Rotation of the server’s keys begun: rows are sealed under key k2'],
  [event('keys.rotate/key', { key: 'k2', done: 'true' }, { actor: system }), 'soon', 'All rows sealed under key k2'],
  [event('keys.drop/key', { keys: 'k0,k1' }, { actor: system }), 'soon', 'Old keys taken out of the key file: k0, k1'],
  [event('clock.jump/clock', { direction: 'back', byMs: '-7200000' }, { actor: system }), 'dead', 'Clock of the server’s machine jumped back by 2 hours'],
  [event('clock.accept/accept-clock', {}, { actor: system }), 'soon', 'Time goes on from what the machine’s clock says, as whoever runs the server asked'],
  [event('clock.accept/accept-clock', nurse, { actor: system }), 'soon', 'Token [nurse](/tokens/t1) came back: it had expired by a wrong clock only'],
  [event('moon.rise/lift', nurse), 'quiet', 'lift · moon.rise · token [nurse](/tokens/t1) by [anna](/tokens/a1)'],
  [event('moon.rise', {}, { actor: system }), 'quiet', 'moon.rise'],
];

it.each(inLog)('the log tells %j', (entry, tone, sentence) => {
  const told = sentenceOf(entry);
  expect(written(told.parts)).toBe(sentence);
  expect(told.tone).toBe(tone);
});

const here = { here: 't1', label: (name: string) => `<${name}>` };

it.each([
  [event('hashedtokens.change/createSystemToken', { ...nurse, newPermissions: 'A,B' }), 'Made by [anna](/tokens/a1): it may <A>, <B>; it never ends'],
  [event('hashedtokens.change/deleteSystemToken', nurse, { actor: { ...anna, tokenId: 't1' } }), 'Deleted by itself'],
  [event('hashedtokens.change/deleteSystemToken', { ...nurse, successorId: 't2' }), 'Old string ended by [anna](/tokens/a1); it had a [successor](/tokens/t2)'],
  [event('hashedtokens.change/updateSystemPermissionsTokenPermissions', { ...nurse, oldPermissions: 'A,B', newPermissions: 'B,C' }), 'Permissions changed by [anna](/tokens/a1): it may now <C>; it may no more <A>'],
  [event('hashedtokens.change/updateSystemPermissionsTokenPermissions', { ...nurse, oldPermissions: 'A', newPermissions: 'A' }), 'Permissions changed by [anna](/tokens/a1): they were so before'],
  [event('hashedtokens.change/updateSystemTokenNote', { ...nurse, oldNote: 'x', newNote: 'n'.repeat(500) }), `Note changed by [anna](/tokens/a1): “${'n'.repeat(500)}”`],
  [event('hashedtokens.change/updateTokenSecurityPolicies', { ...nurse, ipFilterId: 'f' }), 'Bound to [another IP filter](/ip-filters/f) by a change of the security policies by [anna](/tokens/a1)'],
  [event('hashedtokens.rotate/rotateSystemToken', { ...nurse, oldTokenId: 't0', newTokenId: 't1', gracePeriodMs: '3600000' }), 'Secret reset by [anna](/tokens/a1): this string took over; the [old string](/tokens/t0) was to work for 1 hour more'],
  [event('hashedtokens.rotate/rotateSystemToken', { ...nurse, oldTokenId: 't1', newTokenId: 't2', gracePeriodMs: '0' }, { tokenId: 't2' }), 'Secret reset by [anna](/tokens/a1): this string worked no more; its [successor](/tokens/t2) took over'],
  [event('hashedtokens.change/deleteToken', nurse, { refused: 'You may not.' }), 'Deleting it refused to [anna](/tokens/a1): You may not.'],
  [event('tokens.expire/removeExpiredTokens', nurse, { actor: system }), 'Expired'],
  [event('authentication.refused', { reason: 'deleted', count: '2' }, { tokenId: 't1', actor: { ...anna, tokenId: 't1', ip: '10.0.0.9' } }), 'Refused 2 times from 10.0.0.9: it was deleted'],
  [event('sessions.end/signOut', {}, { tokenId: 't1', actor: { ...anna, tokenId: 't1' } }), 'Signed out'],
  [event('moon.rise/lift', nurse), 'lift · moon.rise by [anna](/tokens/a1)'],
])('the history of a token tells %j', (entry, sentence) => expect(written(sentenceOf(entry, here).parts)).toBe(sentence));

it('cuts a long name, which the details have whole, and never inside a letter', () => {
  const name = '👩'.repeat(126);
  const [, cut] = sentenceOf(event('hashedtokens.change/deleteToken', { tokenName: name })).parts;
  expect(cut).toEqual({ given: `${'👩'.repeat(60)}…`, whole: name, to: '/tokens/t1' });
});

// What the server writes, read where it is declared: a new kind, mutation or reason needs words.
const declared = (file: string, form: RegExp) => [...readFileSync(`../${file}`, 'utf8').matchAll(form)].map(([, name = '']) => name);

it('has words and an example for each kind of entry that the server writes', () => {
  const written = declared('audit/audit.go', /^\t\w+ +Type = "(.+)"$/gm);
  expect(written.length).toBeGreaterThan(20);
  expect(Object.keys(kinds).toSorted()).toEqual(written.toSorted());
  expect([...new Set(inLog.map(([entry]) => entry.type))].filter((type) => type !== 'moon.rise').toSorted()).toEqual(written.toSorted());
});

it('has words for each mutation, and for each reason why a string is refused', () => {
  const [mutations = ''] = declared('schema.graphqls', /^type Mutation \{\n([^]*?)\n\}/gm);
  const names = [...mutations.matchAll(/^ {2}(\w+)\(/gm)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !deeds.some(({ actions }) => actions.includes(name)))).toEqual([]);
  const [outcomes = ''] = declared('policy/usable.go', /^var outcomes = .*\{(.*)\}/gm);
  expect([...outcomes.matchAll(/"(\w+)"/g)].map(([, name = '']) => name).filter((name) => name !== 'accepted' && reasons[name] === undefined)).toEqual([]);
});
