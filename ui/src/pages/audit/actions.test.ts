import { expect, it } from 'vitest';
import { deedOf } from './actions';

it('says what was done by the action, whoever named it', () => {
  for (const actionName of ['deleteSystemToken', 'deleteSystemTokens', 'deleteToken']) expect(deedOf({ actionName, type: 'hashedtokens.change' })).toBe('Token deleted');
  expect(deedOf({ actionName: 'rotateToken', type: 'hashedtokens.rotate' })).toBe('Secret reset');
  expect(deedOf({ actionName: 'rotateToken', type: 'hashedtokens.change' })).toBe('Old string ended');
  expect(deedOf({ actionName: null, type: 'store.backup' })).toBeUndefined();
});
