import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { type SystemToken, updateNote } from '../../api/tokens';
import { forgetDrafts } from '../../lib/drafts';
import { TokenNote } from './TokenNote';

vi.mock('../../api/tokens', () => ({ tokensKey: ['tokens'], updateNote: vi.fn<() => Promise<void>>() }));
vi.mock('../../api/audit', () => ({ useLastChange: (sought: unknown) => (sought === null ? undefined : { who: 'anna', at: Date.now() - 180_000 }) }));

afterEach(() => {
  cleanup();
  forgetDrafts();
  vi.mocked(updateNote).mockReset();
});

const page = (note: string | null, mayChange = true) => (
  <QueryClientProvider client={new QueryClient()}>
    <TokenNote token={{ id: 'one', note } as SystemToken} mayChange={mayChange} />
  </QueryClientProvider>
);
const field = () => screen.getByRole<HTMLTextAreaElement>('textbox');
const warned = () => screen.queryByText(/changed this note/) !== null;

async function begin(note: string | null) {
  const { rerender, unmount } = render(page(note));
  await userEvent.click(screen.getByRole('button', { name: /note$/ }));
  return { rerender, unmount };
}

it('has what was typed when one leaves and comes back, and offers the note as it is', async () => {
  const { unmount } = await begin('Call A');
  await userEvent.type(field(), ' or B');
  unmount();
  render(page('Call A'));
  expect(field().value).toBe('Call A or B');
  await userEvent.click(screen.getByRole('button', { name: 'Begin anew' }));
  expect([field().value, document.activeElement, screen.queryByText(/still here/)]).toEqual(['Call A', field(), null]);
  cleanup();
  render(page('Call A'));
  expect(screen.queryByRole('textbox')).toBeNull();
});

it('shows no form with what was typed to who may not change it any more', async () => {
  const { unmount } = await begin('Call A');
  await userEvent.type(field(), ' or B');
  unmount();
  render(page('Call A', false));
  expect(screen.queryByRole('textbox')).toBeNull();
});

it('warns before it is saved over what somebody else has written', async () => {
  const { rerender } = await begin('Call A');
  await userEvent.type(field(), '!');
  expect(warned()).toBe(false);
  rerender(page('Call C'));
  expect([warned(), field().value]).toEqual([true, 'Call A!']);
  await userEvent.click(screen.getByRole('button', { name: 'Load what is there now' }));
  expect([warned(), field().value]).toEqual([false, 'Call C']);
});

it('says who wrote the other one and when, shows both, and saves neither until one is chosen', async () => {
  vi.mocked(updateNote).mockReturnValue(new Promise(() => {}));
  const { rerender } = await begin('Call A');
  await userEvent.type(field(), '!');
  rerender(page('Call C'));
  const told = screen.getByRole('alert').textContent;
  expect(told).toMatch(/^anna changed this note 3 minutes ago, while it was open here\..*Call C.*Call A!/);
  await userEvent.type(field(), '{Enter}');
  await userEvent.click(screen.getByRole('button', { name: 'Save note' }));
  expect(updateNote).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Keep what is here' }));
  expect([warned(), field().value]).toEqual([false, 'Call A!']);
  await userEvent.click(screen.getByRole('button', { name: 'Save note' }));
  expect(updateNote).toHaveBeenCalledExactlyOnceWith('one', 'Call A!', 'Call C');
});

it('warns also of what somebody else wrote while one was away', async () => {
  const { unmount } = await begin('Call A');
  await userEvent.type(field(), '!');
  unmount();
  render(page('Call C'));
  expect([warned(), field().value]).toEqual([true, 'Call A!']);
});

it('takes over what somebody else writes while nothing is typed', async () => {
  const { rerender, unmount } = await begin('Call A');
  rerender(page('Call C'));
  expect([warned(), field().value]).toEqual([false, 'Call C']);
  unmount();
  render(page('Call C'));
  expect(screen.queryByRole('textbox')).toBeNull();
});

it('leaves Escape to an input method, and else goes back by it', async () => {
  await begin(null);
  await userEvent.type(field(), 'か');
  fireEvent.keyDown(field(), { key: 'Escape', isComposing: true });
  expect(field().value).toBe('か');
  fireEvent.keyDown(field(), { key: 'Escape' });
  expect(screen.queryByRole('textbox')).toBeNull();
});

it('stays open at Escape while it is saved', async () => {
  vi.mocked(updateNote).mockReturnValue(new Promise(() => {}));
  await begin('Call A');
  await userEvent.type(field(), '!{Enter}');
  expect(updateNote).toHaveBeenCalledExactlyOnceWith('one', 'Call A!', 'Call A');
  fireEvent.keyDown(field(), { key: 'Escape' });
  expect(field().value).toBe('Call A!');
});
