import { expect, it } from 'vitest';
import { stringsIn } from './unstored';

const id = 'a1'.repeat(16);

it('finds the tokens whose strings an answer holds, and nothing where there is none', () => {
  expect(stringsIn(`{"token": "${id}~${'B2'.repeat(22)}", "tokenMetadata": {"id": "${id}"}}`)).toEqual([id]);
  expect(stringsIn(`{"id": "${id}", "cut": "${id}~abc", "longer": "${id}~${'B2'.repeat(23)}"}`)).toEqual([]);
  expect([stringsIn(null), stringsIn(undefined)]).toEqual([[], []]);
});
