import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it } from 'vitest';
import type { DescribedPermission } from '../lib/permissions';
import { PermissionPicker } from './PermissionPicker';

const permission = (name: string, label: string, group: string): DescribedPermission => ({ name, label, group, description: `${label} in words`, warning: null });
const permissions = [
  permission('ChangeSubdomains', 'Change subdomains', 'Subdomains'),
  permission('ListSubdomains', 'List subdomains', 'Subdomains'),
  permission('ManageCluster', 'Manage cluster', 'Cluster management'),
];

function Picker({ grantable, permissions }: { grantable: string[]; permissions: DescribedPermission[] }) {
  const [value, setValue] = useState<string[]>([]);
  return (
    <>
      <PermissionPicker permissions={permissions} value={value} onChange={setValue} grantable={grantable} />
      <output data-testid="value">{value.join(' ')}</output>
    </>
  );
}

const all = permissions.map(({ name }) => name);
const value = () => screen.getByTestId('value').textContent;

it('chooses one, and a group at once', async () => {
  const user = userEvent.setup();
  render(<Picker permissions={permissions} grantable={all} />);
  await user.click(screen.getByRole('checkbox', { name: /Manage cluster/ }));
  await user.click(screen.getByRole('checkbox', { name: 'All of Subdomains' }));
  expect(value()).toBe('ManageCluster ChangeSubdomains ListSubdomains');
  await user.click(screen.getByRole('checkbox', { name: 'All of Subdomains' }));
  expect(value()).toBe('ManageCluster');
});

it('keeps what is chosen while a search hides it', async () => {
  const user = userEvent.setup();
  render(<Picker permissions={permissions} grantable={all} />);
  await user.click(screen.getByRole('checkbox', { name: /Manage cluster/ }));
  await user.type(screen.getByRole('searchbox'), 'listsub');
  expect(screen.queryByRole('checkbox', { name: /Manage cluster/ })).toBeNull();
  await user.click(screen.getByRole('checkbox', { name: 'All of Subdomains' }));
  expect(value()).toBe('ManageCluster ListSubdomains');
});

it('offers only what can be handed on, also by the group', async () => {
  const user = userEvent.setup();
  render(<Picker permissions={permissions} grantable={['ListSubdomains']} />);
  expect(screen.getByRole('checkbox', { name: /Manage cluster/ })).toHaveProperty('disabled', true);
  await user.click(screen.getByRole('checkbox', { name: 'All of Subdomains' }));
  expect(value()).toBe('ListSubdomains');
});

it('takes no dangerous permission along with its group, and leaves one that was chosen', async () => {
  const user = userEvent.setup();
  const warned = permissions.map((one) => ({ ...one, warning: one.name === 'ChangeSubdomains' ? 'It can break all of them.' : null }));
  render(<Picker permissions={warned} grantable={all} />);
  const group = screen.getByRole('checkbox', { name: 'All of Subdomains, without those that carry a warning' });
  await user.click(group);
  expect(value()).toBe('ListSubdomains');
  await user.click(group);
  await user.click(screen.getByRole('checkbox', { name: /Change subdomains/ }));
  await user.click(group);
  expect(value()).toBe('ChangeSubdomains ListSubdomains');
  await user.click(group);
  expect(value()).toBe('');
});
