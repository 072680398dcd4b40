import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { StringBefore } from './StringBefore';

const earlier = { tokenId: 'one', at: Date.now() - 180_000, from: '192.0.2.7' };

it('tells when a string before was used, and from where', () => {
  const { container } = render(<StringBefore earlier={earlier} leads />);
  expect(container.textContent).toBe('Not used yet; a string before it was used 3 minutes ago from 192.0.2.7');
  expect(screen.getByRole('link').getAttribute('href')).toBe('/tokens/one');
});

it('leads those nowhere who may not see the string before', () => {
  render(<StringBefore earlier={earlier} leads={false} />);
  expect(screen.queryByRole('link')).toBeNull();
});

it('says that it knows of no use', () => {
  const { container } = render(<StringBefore earlier={null} leads />);
  expect(container.textContent).toBe('Not used yet; no use of a string before it is known');
});
