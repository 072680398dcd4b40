import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import CommandDialog from './CommandDialog';
import { useCommands } from './useCommands';

vi.mock('./useCommands', () => ({ useCommands: vi.fn<typeof useCommands>() }));
vi.mock('./Profile', () => ({ useSignOut: () => ({ run: () => {}, refusal: null }) }));

function open() {
  const closed = vi.fn<() => void>();
  const dialog = () => <CommandDialog onClose={closed} onShortcuts={() => {}} />;
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
