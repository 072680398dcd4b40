import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import type { SystemToken } from '../../api/tokens';
import { ChosenBar } from './ChosenBar';
import { useChosen } from './useChosen';

const tokens = ['one', 'two', 'three'].map((id) => ({ id }) as SystemToken);

function Bar() {
  const chosen = useChosen('', tokens.map(({ id }) => id));
  return <ChosenBar chosen={chosen} tokens={tokens} choosable question={{}} total={3} />;
}

it('keeps the focus when the button that was pressed goes', async () => {
  const user = userEvent.setup();
  render(<Bar />);
  screen.getByRole('button', { name: 'Choose all on this page' }).focus();
  await user.keyboard('{Enter}');
  expect(document.activeElement?.textContent).toBe('Choose none');
  await user.keyboard('{Enter}');
  expect(document.activeElement?.textContent).toBe('Choose all on this page');
});
