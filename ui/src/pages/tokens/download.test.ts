import { expect, test } from 'vitest';
import type { SystemToken } from '../../api/tokens';
import { headOf, written } from './download';

const token: SystemToken = {
  id: 'a1',
  name: '=cmd|"/C calc"!A0',
  note: '+49 30 1234, "ops"',
  permissions: ['ReadHealthCheck', 'ManageCluster'],
  createdAt: 0,
  createdBy: 'localroot',
  issuedAt: 86_400_000,
  expireAt: null,
  expired: false,
  lastUsedAt: null,
  lastUsedFrom: null,
  earlierUse: null,
  replacedBy: null,
  replaces: null,
  createdByName: 'localroot',
  endedAt: null,
  endedBy: null,
  endedByName: null,
  endMaximumMs: null,
  endReason: null,
  lastTriedAt: null,
  lastTriedFrom: null,
  ipFilterV2: null,
};

test('a token is a row with as many cells as the head, and none of them a formula', () => {
  const head = headOf('csv').trim().split(',');
  const row = written('csv', [token]);
  expect(row.match(/"(?:[^"]|"")*"/g)?.length).toBe(head.length);
  expect(row).toContain('"\'=cmd|""/C calc""!A0"');
  expect(row).toContain('"\'+49 30 1234, ""ops"""');
  expect(row).toContain('"ReadHealthCheck ManageCluster"');
});

test.each([
  [{}, ['Active', 'localroot', '', '']],
  [{ replacedBy: 'b2' }, ['InGracePeriod', 'localroot', '', '']],
  [{ replacedBy: 'b2', expired: true }, ['Expired', 'localroot', '', '']],
  [{ expired: true, endedAt: 1, createdByName: 'mother', replaces: 'c3', endedByName: 'father' }, ['Ended', 'mother', 'c3', 'father']],
])('with %o the row says its state, who made and ended it, and what it replaces: %o', (part, said) => {
  const named = headOf('csv').trim().split(',').map((name) => name.replaceAll('"', ''));
  const cells = written('csv', [{ ...token, note: '', name: 'n', ...part }]).trim().split(',').map((cell) => cell.slice(1, -1));
  expect(['state', 'createdByName', 'replaces', 'endedByName'].map((name) => cells[named.indexOf(name)])).toEqual(said);
});

test('a token is a line of JSON', () => {
  expect(headOf('jsonl')).toBe('');
  const lines = written('jsonl', [token, token]).split('\n');
  expect(lines.length).toBe(3);
  expect(JSON.parse(lines[1] ?? '')).toEqual(token);
});
