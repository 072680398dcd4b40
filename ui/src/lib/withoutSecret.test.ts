import { expect, it } from 'vitest';
import { masked, mayHoldSecret, withoutSecret } from './withoutSecret';

const id = 'a1'.repeat(16);

it('keeps the id and drops the secret', () => {
  expect(withoutSecret(`${id}~${'B2'.repeat(22)}`)).toBe(id);
  expect(withoutSecret(`token ${id}~cut off`)).toBe(id);
  expect(withoutSecret('localroot~secret')).toBe('localroot');
});

it.each(['"$"', "'$'", 'Bearer $', 'Authorization: Bearer $', 'curl -H "Authorization: Bearer $" https://tokens.example'])('searches for the id alone where %s is pasted', (around) => {
  const pasted = around.replace('$', `${id}~${'B2'.repeat(22)}`);
  expect(withoutSecret(pasted)).toBe(id);
  expect(withoutSecret(masked(pasted))).toBe(id);
  expect(masked(pasted)).not.toContain('B2');
});

it('drops a secret also when it is typed letter by letter', () => {
  let shown = '';
  for (const letter of `${id}~${'B2'.repeat(22)}`) shown = masked(shown + letter);
  expect(shown).toBe(`${id}~`);
  expect(withoutSecret(shown)).toBe(id);
});

it('leaves ordinary text alone', () => {
  expect(withoutSecret('backup ~ nightly')).toBe('backup ~ nightly');
  expect(withoutSecret(id)).toBe(id);
});

it('drops the secret half of a token, whatever stands around it', () => {
  const half = 'aB3'.repeat(14) + 'x9';
  expect(withoutSecret(half)).toBe('');
  expect(masked(`"${half}"`)).toBe('""');
  expect(masked(`~${half}`)).toBe('~');
  expect(withoutSecret('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

it.each([
  [`${id}~${'B2'.repeat(22)}`, true],
  [`"Bearer localroot~${'B2'.repeat(22)}"`, true],
  ['b2'.repeat(22), true],
  [`{"half": "${'x'.repeat(40)}"}`, true],
  [id, false],
  ['{ token(tokenId: "$id") { name } } # ~ 90 days', false],
])('says whether %s may hold a secret: %s', (text, may) => {
  expect(mayHoldSecret(text)).toBe(may);
});
