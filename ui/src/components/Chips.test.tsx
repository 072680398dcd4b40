import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import { Chips } from './Chips';

function Three({ onEmpty }: { onEmpty: () => void }) {
  const [chips, setChips] = useState(['one', 'two', 'three'].map((label) => ({ key: label, label })));
  return <Chips label="In use" chips={chips} onRemove={(gone) => setChips(chips.filter((chip) => chip !== gone))} onClear={() => setChips([])} onEmpty={onEmpty} />;
}

const button = (label: string) => screen.getByRole('button', { name: `${label}: take off` });

it('hands the focus on when a chip is taken off by keyboard', async () => {
  const user = userEvent.setup();
  const onEmpty = vi.fn<() => void>();
  render(<Three onEmpty={onEmpty} />);
  button('two').focus();
  await user.keyboard('{Enter}');
  expect(document.activeElement).toBe(button('three'));
  await user.keyboard('{Enter}');
  expect(document.activeElement).toBe(button('one'));
  expect(screen.queryByRole('button', { name: 'Clear filters' })).toBeNull();
  expect(onEmpty).not.toHaveBeenCalled();
  await user.keyboard('{Enter}');
  expect(onEmpty).toHaveBeenCalledOnce();
  expect(screen.queryByRole('list')).toBeNull();
});

it('takes all off at once', async () => {
  const user = userEvent.setup();
  const onEmpty = vi.fn<() => void>();
  render(<Three onEmpty={onEmpty} />);
  await user.click(screen.getByRole('button', { name: 'Clear filters' }));
  expect(screen.queryByRole('list')).toBeNull();
  expect(onEmpty).toHaveBeenCalledOnce();
});
