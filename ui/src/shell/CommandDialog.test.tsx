import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { type Early, listenEarly } from '../lib/early';
import CommandDialog from './CommandDialog';
import { useCommands } from './useCommands';

vi.mock('./useCommands', () => ({ useCommands: vi.fn<typeof useCommands>() }));
vi.mock('./Profile', () => ({ useSignOut: () => ({ run: () => {}, refusal: null }) }));

function open(early: Early | null = null) {
  const closed = vi.fn<() => void>();
  const dialog = () => <CommandDialog early={{ current: early }} onClose={closed} onShortcuts={() => {}} />;
  vi.mocked(useCommands).mockReturnValue({ sections: [], searching: true });
  const { rerender } = render(dialog());
  const find = async () => {
    vi.mocked(useCommands).mockReturnValue({ sections: [{ title: 'Tokens', commands: [{ key: '/tokens/one', label: 'ab' }] }], searching: false });
    await act(async () => rerender(dialog()));
  };
  return { closed, find };
}

it('goes where Enter wanted to go, as soon as it is known where that is', async () => {
  const { closed, find } = open();
  await userEvent.type(screen.getByRole('textbox'), 'a{Enter}');
  expect(closed).not.toHaveBeenCalled();
  await find();
  expect(closed).toHaveBeenCalledOnce();
});

it('goes nowhere by an Enter before more was typed, also when that is taken back', async () => {
  const { closed, find } = open();
  await userEvent.type(screen.getByRole('textbox'), 'a{Enter}b{Backspace}');
  await find();
  expect(closed).not.toHaveBeenCalled();
});

it('goes nowhere by an Enter that was for an input method', async () => {
  const { closed, find } = open();
  await userEvent.type(screen.getByRole('textbox'), 'か');
  fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter', isComposing: true });
  await find();
  expect(closed).not.toHaveBeenCalled();
});

it('has what was typed before it was there, without the letters that were taken back', async () => {
  const elsewhere = vi.fn<() => void>();
  window.addEventListener('keydown', elsewhere);
  const early = listenEarly(() => {});
  await userEvent.keyboard('tx{Backspace}o');
  expect(elsewhere).not.toHaveBeenCalled();
  open(early);
  expect(screen.getByRole<HTMLInputElement>('textbox').value).toBe('to');
  await userEvent.type(screen.getByRole('textbox'), 'ken');
  expect(screen.getByRole<HTMLInputElement>('textbox').value).toBe('token');
  window.removeEventListener('keydown', elsewhere);
});
