import { expect, it } from 'vitest';
import { isNarrowed, jsonLines, selectionOf } from './selection';

it('reads what the URL selects', () => {
  const selection = selectionOf(new URLSearchParams('type=tokens.expire&since=2026-11-23T12:00:00Z&until=rubbish&actor='));
  expect(selection).toEqual({ typeFilter: ['tokens.expire'], actionFilter: null, actorFilter: null, tokenIdFilter: null, since: Date.UTC(2026, 10, 23, 12), until: null });
  expect(isNarrowed(selection)).toBe(true);
  expect(isNarrowed(selectionOf(new URLSearchParams()))).toBe(false);
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
