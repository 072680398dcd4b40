import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { type AuditEvent, readAudit } from '../../api/audit';
import { Told } from '../../shell/Told';
import { Export } from './Export';

vi.mock('../../api/audit', () => ({ readAudit: vi.fn<typeof readAudit>() }));

beforeEach(() => {
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue(undefined);
});

it('tells how many entries it has written, not how many there were before it began', async () => {
  const entries = (count: number) => Array.from({ length: count }, () => ({ timestamp: 0, fields: [] }) as unknown as AuditEvent);
  vi.mocked(readAudit).mockResolvedValueOnce({ totalResults: 1500, results: entries(1000) }).mockResolvedValueOnce({ totalResults: 1400, results: entries(400) });
  render(
    <>
      <Export shown={[]} selection={{}} total={1500} />
      <Told />
    </>,
  );
  await userEvent.click(screen.getByRole('button', { name: /^Export all/ }));
  expect(await screen.findByText('1,400 entries exported.')).toBeTruthy();
});
