import { render } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { SystemToken } from '../../api/tokens';
import { PredecessorUse } from './Predecessor';

const minute = 60_000;

function said(lastUsed: { minutesAgo: number; from?: string } | null): string {
  const now = Date.now();
  const lastUsedAt = lastUsed === null ? null : now - lastUsed.minutesAgo * minute;
  const { container } = render(<PredecessorUse token={{ expireAt: now + 60 * minute, lastUsedAt, lastUsedFrom: lastUsed?.from ?? null } as SystemToken} />);
  return (container.textContent ?? '').replace(/^It works until .*?\. /, '');
}

it.each([
  ['was never used', null, /^It was never used\.$/],
  ['is still used', { minutesAgo: 4, from: '192.0.2.7' }, /^Used 4 minutes ago from 192\.0\.2\.7\.$/],
  ['was used from an address that is not known', { minutesAgo: 30 }, /^Used 30 minutes ago\.$/],
  ['is idle for more than an hour', { minutesAgo: 180, from: '192.0.2.7' }, /^Idle: last used 3 hours ago from 192\.0\.2\.7\.$/],
  ['was used within the hour', { minutesAgo: 59, from: '192.0.2.7' }, /^Used 59 minutes ago from 192\.0\.2\.7\.$/],
])('tells that the string before %s', (_, lastUsed, words) => {
  expect(said(lastUsed)).toMatch(words);
});
