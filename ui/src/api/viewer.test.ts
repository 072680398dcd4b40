import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { readAnew, sessionKey } from './viewer';

it('leaves nothing of what somebody else has read when another signs in', async () => {
  const client = new QueryClient();
  client.setQueryData(['tokens', 'page'], 'what the one before might see');
  client.setQueryData(sessionKey, 'the one before');
  await readAnew(client);
  expect(client.getQueryData(['tokens', 'page'])).toBeUndefined();
  expect(client.getQueryState(sessionKey)?.isInvalidated).toBe(true);
});
