import { useQuery } from '@tanstack/react-query';
import { type RefObject, useId, useRef, useState } from 'react';
import { filtersQuery } from '../../api/filters';
import type { Permission } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Chips } from '../../components/Chips';
import field from '../../components/Field.module.css';
import { SearchBox } from '../../components/SearchBox';
import { shownName } from '../../lib/invisible';
import type { Change } from '../../lib/useListState';
import styles from './ListTools.module.css';
import { chipsOf, noFilters, type Order, orderChange, ordersOf, type Selection } from './selection';
import { TokenFilters } from './TokenFilters';

type ListToolsProps = {
  search: { typed: string; onType: (text: string) => void; inputRef: RefObject<HTMLInputElement | null> };
  selection: Selection;
  order: Order;
  /** The name of the token that made those that are asked for, if it is known. */
  maker: string | null;
  permissions: readonly Permission[];
  onSelect: (change: Change, replace?: boolean) => void;
};

/** What is asked of the list: searched for, filtered by, and in which order. */
export function ListTools({ search, selection, order, maker, permissions, onSelect }: ListToolsProps) {
  const [open, setOpen] = useState(false);
  const panelId = useId();
  const opener = useRef<HTMLButtonElement>(null);
  // They are read only when one is named or chosen: there may be thousands.
  const filters = useQuery({ ...filtersQuery, enabled: open || (selection.filters !== 'none' && selection.filters.length > 0) }).data ?? [];
  const chips = chipsOf(selection, {
    permission: (name) => permissions.find((permission) => permission.name === name)?.label ?? name,
    filter: (id) => shownName(filters.find((filter) => filter.id === id)?.name ?? id),
    maker: () => (maker === null ? null : shownName(maker)),
  });
  return (
    <search className={styles.tools}>
      <div className={styles.row}>
        <SearchBox label="Filter tokens" placeholder="Filter by name or note" value={search.typed} onChange={search.onType} inputRef={search.inputRef} />
        <Button ref={opener} aria-expanded={open} aria-controls={open ? panelId : undefined} onPress={() => setOpen(!open)}>
          {open ? 'Hide filters' : 'More filters'}
        </Button>
        <OrderChoice order={order} orders={ordersOf(selection)} onSelect={onSelect} />
      </div>
      {open && <TokenFilters id={panelId} selection={selection} permissions={permissions} filters={filters} onChange={onSelect} />}
      <Chips
        label="Filters in use"
        chips={chips}
        onRemove={(chip) => onSelect(chip.off)}
        onClear={() => onSelect(noFilters)}
        onEmpty={() => opener.current?.focus()}
      />
    </search>
  );
}

/** The order, where the table has no head to press. */
function OrderChoice({ order, orders, onSelect }: { order: Order; orders: ReturnType<typeof ordersOf>; onSelect: (change: Change) => void }) {
  const id = useId();
  const choices = orders.flatMap(({ sortBy, label, up, down }) => [
    { sortBy, orderBy: 'ASC' as const, label: `${label}, ${up}` },
    { sortBy, orderBy: 'DESC' as const, label: `${label}, ${down}` },
  ]);
  const chosen = choices.findIndex(({ sortBy, orderBy }) => sortBy === order.sortBy && orderBy === order.orderBy);
  return (
    <div className={styles.order}>
      <label htmlFor={id}>Order</label>
      <select id={id} className={field.input} value={chosen} onChange={(event) => onSelect(orderChange(choices[Number(event.target.value)] ?? order))}>
        {choices.map(({ label }, index) => (
          <option key={label} value={index}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}
