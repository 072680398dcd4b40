import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { RevealOnce } from './RevealOnce';

const secret = `${'A'.repeat(32)}~${'b'.repeat(44)}`;

it('closes only after it was said that the string is stored', async () => {
  const onClose = vi.fn<() => void>();
  const user = userEvent.setup();
  render(<RevealOnce secret={secret} heading="The new token" onClose={onClose} />);
  expect(screen.getByTestId('secret').textContent).toBe(secret);
  await user.click(screen.getByRole('button', { name: 'Done' }));
  expect(onClose).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'Show it longer' }));
  await user.keyboard('{Escape}');
  expect(onClose).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'It is stored, close' }));
  expect(onClose).toHaveBeenCalledOnce();
});

it('asks when the browser is told to go back', async () => {
  render(<RevealOnce secret={secret} heading="The new token" onClose={() => undefined} />);
  window.dispatchEvent(new PopStateEvent('popstate'));
  expect(await screen.findByText(/Is the string stored/)).toBeTruthy();
});

it('asks before the window is closed', () => {
  render(<RevealOnce secret={secret} heading="The new token" onClose={() => undefined} />);
  const leaving = new Event('beforeunload', { cancelable: true });
  window.dispatchEvent(leaving);
  expect(leaving.defaultPrevented).toBe(true);
});
