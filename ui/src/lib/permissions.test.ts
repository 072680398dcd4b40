import { expect, it } from 'vitest';
import { fits, glyphCells, groupsOf } from './permissions';

const make = (name: string, group: string) => ({ name, group, label: `Label ${name}`, description: `What ${name} allows` });
const some = [make('A', 'Other'), make('B', 'Other'), make('C', 'Other'), make('D', 'Cluster'), make('E', 'Cluster')];

it('keeps the groups in the order of the server', () => {
  expect(groupsOf(some).map((group) => [group.name, group.permissions.length])).toEqual([
    ['Other', 3],
    ['Cluster', 2],
  ]);
});

it('gives every permission a place of its own, always the same', () => {
  const cells = glyphCells(some);
  expect(new Set(cells.map(({ x, y }) => `${x}/${y}`)).size).toBe(some.length);
  expect(cells).toEqual(glyphCells(some));
  expect(cells[3]?.x).toBe(25);
});

it('finds by label, name and description', () => {
  const permission = make('ManageCluster', 'Cluster');
  expect(fits(permission, 'managec')).toBe(true);
  expect(fits(permission, ' LABEL ')).toBe(true);
  expect(fits(permission, 'allows')).toBe(true);
  expect(fits(permission, 'bucket')).toBe(false);
});
