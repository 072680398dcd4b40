import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { AuditEvent } from '../../api/audit';
import { request } from '../../api/client';
import { StringBefore } from './StringBefore';

vi.mock('../../api/client', () => ({ request: vi.fn<() => Promise<unknown>>() }));

const reset = (oldTokenId: string, newTokenId: string) => ({ fields: [{ name: 'oldTokenId', value: oldTokenId }, { name: 'newTokenId', value: newTokenId }] }) as AuditEvent;

function show(resets: AuditEvent[], ended: object[]) {
  vi.mocked(request).mockImplementation((async (_: unknown, asked: { stateFilter?: unknown }) =>
    asked.stateFilter === undefined ? { auditEvents: { results: resets } } : { systemTokens: { results: ended } }) as typeof request);
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <p>
        <StringBefore id="two" />
      </p>
    </QueryClientProvider>,
  ).container;
}

it('tells when the string before was used, and from where', async () => {
  const page = show([reset('two', 'three'), reset('one', 'two')], [{ id: 'one', lastUsedAt: Date.now() - 180_000, lastUsedFrom: '192.0.2.7' }]);
  const before = await screen.findByRole('link', { name: 'the string before it' });
  expect(page.textContent).toBe('Not used yet; the string before it was used 3 minutes ago from 192.0.2.7');
  expect(before.getAttribute('href')).toBe('/tokens/one');
});

it('tells that neither was used', async () => {
  const page = show([reset('one', 'two')], [{ id: 'one', lastUsedAt: null }]);
  await screen.findByRole('link');
  expect(page.textContent).toBe('Not used yet; the string before it was never used');
});

it('says what it knows when what was before is forgotten', async () => {
  const page = show([reset('one', 'two')], []);
  await vi.waitFor(() => expect(request).toHaveBeenLastCalledWith(expect.anything(), expect.objectContaining({ searchFilter: 'one' }), expect.anything()));
  expect(page.textContent).toBe('Not yet with its present string');
});
