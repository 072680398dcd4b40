import { expect, it } from 'vitest';
import { exact } from '../../lib/time';
import { isNarrowed, jsonLines, selectionOf, sentenceOf, subjectOf } from './selection';

it('reads what the URL selects', () => {
  const selection = selectionOf(new URLSearchParams('type=tokens.expire&since=2026-11-23T12:00:00Z&until=rubbish&actor='));
  expect(selection).toEqual({ typeFilter: ['tokens.expire'], actionFilter: null, actorFilter: null, tokenIdFilter: null, since: Date.UTC(2026, 10, 23, 12), until: null });
  expect(isNarrowed(selection)).toBe(true);
  expect(isNarrowed(selectionOf(new URLSearchParams()))).toBe(false);
});

it('tells in a sentence that a token will expire', () => {
  const event = {
    id: '8',
    timestamp: Date.UTC(2026, 10, 23, 12),
    type: 'tokens.expiring',
    actionName: 'warnOfExpiringTokens',
    sensitive: false,
    refused: null,
    tokenId: 'abc',
    actor: { type: 'system', tokenId: null, tokenName: null, ip: null, requestId: null },
    fields: [
      { name: 'tokenName', value: 'nurse' },
      { name: 'expireAt', value: String(Date.UTC(2026, 10, 30, 11)) },
      { name: 'withinDays', value: '7' },
    ],
  };
  expect(sentenceOf(event)).toBe(`It expires within 7 days, at ${exact(Date.UTC(2026, 10, 30, 11))}`);
  expect(sentenceOf({ ...event, type: 'tokens.expire' })).toBeNull();
  expect(sentenceOf({ ...event, fields: [] })).toBeNull();
});

it('exports one object a line, whatever is in a name', () => {
  const event = {
    id: '7',
    timestamp: Date.UTC(2026, 10, 23, 12),
    type: 'hashedtokens.change',
    actionName: 'createSystemToken',
    sensitive: true,
    refused: null,
    tokenId: 'abc',
    actor: { type: 'root', tokenId: null, tokenName: null, ip: '127.0.0.1', requestId: 'r' },
    fields: [{ name: 'name', value: 'two\nlines' }],
  };
  const text = jsonLines([event, event]);
  expect(text.split('\n')).toHaveLength(3);
  expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ id: '7', time: '2026-11-23T12:00:00.000Z', fields: { name: 'two\nlines' } });
});

it('names what an entry is about, and leads there while it exists', () => {
  const token = { tokenId: 'a b', actionName: 'createSystemToken', fields: [{ name: 'tokenName', value: 'nurse' }, { name: 'ipFilterId', value: 'f' }] };
  expect(subjectOf(token)).toEqual({ name: 'nurse', id: 'a b', to: '/tokens/a%20b' });
  expect(subjectOf({ ...token, fields: [] })).toEqual({ name: undefined, id: 'a b', to: '/tokens/a%20b' });
  const filter = { tokenId: null, actionName: 'updateIPFilter', fields: [{ name: 'ipFilterId', value: 'f' }, { name: 'ipFilterName', value: 'office' }] };
  expect(subjectOf(filter)).toEqual({ name: 'office', id: 'f', to: '/ip-filters/f' });
  expect(subjectOf({ ...filter, actionName: 'deleteIPFilter' })).toEqual({ name: 'office', id: 'f', to: undefined });
  expect(subjectOf({ tokenId: null, actionName: 'createSystemToken', fields: [{ name: 'name', value: 'refused one' }] })).toEqual({ name: 'refused one', id: '' });
});
