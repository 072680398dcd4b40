import { Link, useLocation } from 'wouter';
import type { Permission, SystemToken, TokenOrder } from '../../api/tokens';
import { Expiry } from '../../components/Expiry';
import { useLifeScale } from '../../components/LifeLegend';
import { Distance, Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { PermissionGlyph } from '../../components/PermissionGlyph';
import { Bones, Choose, ChooseColumn, Column, Row, Secondary, SortColumn, Table, Value } from '../../components/Table';
import { Tag } from '../../components/Tag';
import type { LifeScale } from '../../lib/life';
import { notUsed } from '../../lib/used';
import { Maker } from './Maker';
import { namedAlike, shortId } from './namedAlike';
import type { Order } from './selection';
import { RowNote } from './RowNote';
import styles from './TokenTable.module.css';
import type { Chosen } from './useChosen';

export type Sort = Order & { onSort: (order: Order) => void };

type TokenTableProps = {
  /** Absent while the first page is on its way. */
  tokens: readonly SystemToken[] | undefined;
  permissions: readonly Permission[];
  maximumMs: number | null;
  stale: boolean;
  sort: Sort;
  chosen: Chosen;
};

export function TokenTable({ tokens, permissions, maximumMs, stale, sort, chosen }: TokenTableProps) {
  const [scale] = useLifeScale();
  const alike = namedAlike(tokens ?? []);
  return (
    <Table
      label="System tokens"
      stale={stale}
      coming={tokens === undefined}
      head={
        <>
          <ChooseColumn
            label="All tokens on this page"
            all={chosen.ids.size > 0 && chosen.ids.size === tokens?.length}
            some={chosen.ids.size > 0}
            onChange={chosen.setAll}
          />
          <Sorted by="Name" sort={sort} width="22%">
            Name
          </Sorted>
          <Column>Permissions</Column>
          <Sorted by="ExpirationDate" sort={sort}>
            Expires
          </Sorted>
          <Column width="12%">IP filter</Column>
          <Sorted by="LastUsedAt" sort={sort}>
            Last used
          </Sorted>
          <Sorted by="CreatedAt" sort={sort}>
            Created
          </Sorted>
        </>
      }
    >
      {tokens === undefined ? (
        <Bones rows={8} columns={7} />
      ) : (
        tokens.map((token) => <TokenRow key={token.id} token={token} permissions={permissions} maximumMs={maximumMs} scale={scale} chosen={chosen} alike={alike(token.name)} />)
      )}
    </Table>
  );
}

/** The head of a column by which the list can be ordered. */
export function Sorted({ by, sort, ...rest }: { by: TokenOrder; sort: Sort; width?: string; children: string }) {
  return <SortColumn {...rest} active={sort.sortBy === by} direction={sort.orderBy} onSort={(orderBy) => sort.onSort({ sortBy: by, orderBy })} />;
}

type TokenRowProps = { token: SystemToken; permissions: readonly Permission[]; maximumMs: number | null; scale: LifeScale; chosen: Chosen; alike: boolean };

function TokenRow({ token, permissions, maximumMs, scale, chosen, alike }: TokenRowProps) {
  const [, navigate] = useLocation();
  const ticked = chosen.ids.has(token.id);
  return (
    <Row chosen={ticked} onOpen={() => navigate(`/tokens/${encodeURIComponent(token.id)}`)}>
      <Choose label={`Choose ${token.name}${alike ? `, ${shortId(token.id)}` : ''}`} checked={ticked} onChange={(on) => chosen.set(token.id, on)} />
      <Value label="Name" lead>
        <Link to={`/tokens/${encodeURIComponent(token.id)}`} className={styles.name}>
          <Name name={token.name} clamp />
        </Link>
        {token.expired && <Tag tone="dead">expired</Tag>}
        {token.replacedBy != null && <Tag tone="soon">replaced</Tag>}
        <RowNote note={token.note} />
      </Value>
      <Value label="Permissions">
        <PermissionGlyph permissions={permissions} held={token.permissions} />
      </Value>
      <Value label="Expires" fixed whole>
        <Expiry createdAt={token.createdAt} expireAt={token.expireAt ?? null} maximumMs={maximumMs} scale={scale} />
      </Value>
      <Value label="IP filter">
        {token.ipFilterV2 == null ? (
          <span className={styles.none}>Any address</span>
        ) : (
          <Link to={`/ip-filters/${encodeURIComponent(token.ipFilterV2.id)}`}>
            <Name name={token.ipFilterV2.name} clamp />
          </Link>
        )}
      </Value>
      <Value label="Last used" fixed>
        {token.lastUsedAt == null ? (
          <span className={styles.none}>{notUsed(token)}</span>
        ) : (
          <>
            <Distance at={token.lastUsedAt} past />
            {token.lastUsedFrom != null && (
              <Secondary>
                from <code>{token.lastUsedFrom}</code>
              </Secondary>
            )}
          </>
        )}
      </Value>
      <Value label="Created" fixed>
        <Exact at={token.createdAt} />
        <Secondary>
          by <Maker id={token.createdBy} name={token.createdByName} />
        </Secondary>
      </Value>
    </Row>
  );
}
