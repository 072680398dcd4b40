import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { forgetDrafts } from '../../lib/drafts';
import { tell } from '../../lib/told';
import { Told } from '../../shell/Told';
import { FilterForm } from './FilterForm';

vi.mock('../../api/audit', () => ({ useLastChange: () => undefined }));
vi.mock('./FilterBench', () => ({ FilterBench: () => null }));

it('says no more that it is saved when one goes on editing', async () => {
  render(
    <>
      <FilterForm start={{ name: 'office', ipFilter: 'allow all' }} action="Save" pendingLabel="Saving" save={vi.fn<() => Promise<never>>()} onSaved={() => {}} />
      <Told />
    </>,
  );
  tell({ text: 'Saved.' });
  await screen.findByText('Saved.');
  await userEvent.type(screen.getByRole('textbox', { name: 'Name' }), 's');
  expect(screen.queryByText('Saved.')).toBeNull();
});

it('keeps the focus when one begins anew', async () => {
  const page = (
    <main>
      <h1 tabIndex={-1}>Filter</h1>
      <FilterForm start={{ name: 'office', ipFilter: 'allow all' }} action="Save" pendingLabel="Saving" save={vi.fn<() => Promise<never>>()} onSaved={() => {}} keptAs="here" />
    </main>
  );
  const { unmount } = render(page);
  await userEvent.type(screen.getByRole('textbox', { name: 'Name' }), 's');
  unmount();
  render(page);
  await userEvent.click(screen.getByRole('button', { name: 'Begin anew' }));
  expect([screen.queryByText(/still here/), document.activeElement]).toEqual([null, screen.getByRole('heading')]);
  forgetDrafts();
});
