// The order and places of the permissions on the map. The server gives the groups and their order;
// the page only lays them out.

/** A permission with its words, and a warning where it can do great harm. */
export type DescribedPermission<Name extends string = string> = {
  name: Name;
  label: string;
  group: string;
  description: string;
  warning?: string | null;
};

export type Group<T extends DescribedPermission> = { name: string; permissions: T[] };

export function groupsOf<T extends DescribedPermission>(permissions: readonly T[]): Group<T>[] {
  const groups = new Map<string, T[]>();
  for (const permission of permissions) {
    const group = groups.get(permission.group);
    if (group) group.push(permission);
    else groups.set(permission.group, [permission]);
  }
  return [...groups].map(([name, members]) => ({ name, permissions: members }));
}

export type Cell<T> = { permission: T; x: number; y: number };

const step = 10;
const gap = 5;

/** Two rows of cells, group beside group. */
export function glyphCells<T extends DescribedPermission>(permissions: readonly T[]): Cell<T>[] {
  const cells: Cell<T>[] = [];
  let left = 0;
  for (const group of groupsOf(permissions)) {
    group.permissions.forEach((permission, index) => {
      cells.push({ permission, x: left + Math.floor(index / 2) * step, y: (index % 2) * step });
    });
    left += Math.ceil(group.permissions.length / 2) * step + gap;
  }
  return cells;
}

/**
 * Whether a permission fits what was typed: by its label, its name in the API or its description.
 */
export function fits(permission: DescribedPermission, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return true;
  return [permission.label, permission.name, permission.description].some((text) => text.toLowerCase().includes(wanted));
}
