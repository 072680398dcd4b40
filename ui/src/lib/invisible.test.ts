import { expect, it } from 'vitest';
import { nameParts } from './invisible';

it('leaves an honest name alone', () => {
  expect(nameParts('backup job')).toEqual([{ text: 'backup job', hidden: false }]);
  expect(nameParts('نسخ احتياطي')).toHaveLength(1);
  expect(nameParts('')).toEqual([{ text: '', hidden: false }]);
});

it('shows what hides', () => {
  expect(nameParts('exe\u202egnp.token')).toEqual([
    { text: 'exe', hidden: false },
    { text: 'U+202E', hidden: true },
    { text: 'gnp.token', hidden: false },
  ]);
  expect(nameParts('\u200b')).toEqual([{ text: 'U+200B', hidden: true }]);
});
