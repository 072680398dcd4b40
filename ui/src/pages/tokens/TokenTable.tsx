import { Link } from 'wouter';
import type { Permission, SystemToken } from '../../api/tokens';
import { Expiry } from '../../components/Expiry';
import { Distance, Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { PermissionGlyph } from '../../components/PermissionGlyph';
import { Bones, Column, type Direction, Row, Secondary, SortColumn, Table, Value } from '../../components/Table';
import { Tag } from '../../components/Tag';
import styles from './TokenTable.module.css';

type Sort = { byExpiry: boolean; direction: Direction; onSort: (byExpiry: boolean, direction: Direction) => void };

type TokenTableProps = {
  /** Absent while the first page is on its way. */
  tokens: readonly SystemToken[] | undefined;
  permissions: readonly Permission[];
  maximumMs: number | null;
  stale: boolean;
  sort: Sort;
};

export function TokenTable({ tokens, permissions, maximumMs, stale, sort }: TokenTableProps) {
  return (
    <Table
      label="System tokens"
      stale={stale}
      head={
        <>
          <SortColumn active={!sort.byExpiry} direction={sort.direction} onSort={(direction) => sort.onSort(false, direction)}>
            Name
          </SortColumn>
          <Column>Permissions</Column>
          <SortColumn active={sort.byExpiry} direction={sort.direction} onSort={(direction) => sort.onSort(true, direction)} width="20%">
            Expires
          </SortColumn>
          <Column width="14%">IP filter</Column>
          <Column>Last used</Column>
          <Column>Created</Column>
        </>
      }
    >
      {tokens === undefined ? (
        <Bones rows={8} columns={6} />
      ) : (
        tokens.map((token) => <TokenRow key={token.id} token={token} permissions={permissions} maximumMs={maximumMs} />)
      )}
    </Table>
  );
}

type TokenRowProps = { token: SystemToken; permissions: readonly Permission[]; maximumMs: number | null };

function TokenRow({ token, permissions, maximumMs }: TokenRowProps) {
  return (
    <Row>
      <Value label="Name" lead>
        <Link to={`/tokens/${encodeURIComponent(token.id)}`} className={styles.name}>
          <Name name={token.name} clamp />
        </Link>
        {token.expired && <Tag tone="dead">expired</Tag>}
        {token.replacedBy != null && <Tag tone="soon">replaced</Tag>}
      </Value>
      <Value label="Permissions">
        <PermissionGlyph permissions={permissions} held={token.permissions} />
      </Value>
      <Value label="Expires" fixed>
        <Expiry createdAt={token.createdAt} expireAt={token.expireAt ?? null} maximumMs={maximumMs} />
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
          <span className={styles.none}>Never</span>
        ) : (
          <>
            <Distance at={token.lastUsedAt} />
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
          by <Maker id={token.createdBy} />
        </Secondary>
      </Value>
    </Row>
  );
}

/** Who made it: root, or the first letters of the id of a token. */
export function Maker({ id }: { id: string }) {
  if (id === 'localroot') return <>root</>;
  return (
    <Link to={`/tokens/${encodeURIComponent(id)}`} aria-label={`token ${id}`}>
      <code>{id.slice(0, 8)}…</code>
    </Link>
  );
}
