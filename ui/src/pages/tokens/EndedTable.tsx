import { Link, useLocation } from 'wouter';
import type { Permission, SystemToken } from '../../api/tokens';
import { Distance, Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { PermissionGlyph } from '../../components/PermissionGlyph';
import { Bones, Column, Row, Secondary, Table, Value } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { Ender, Maker } from './Maker';
import { RowNote } from './RowNote';
import { type Sort, Sorted } from './TokenTable';
import styles from './TokenTable.module.css';

type EndReason = NonNullable<SystemToken['endReason']>;

export const reasonWords: Readonly<Record<EndReason, string>> = { Deleted: 'deleted', Rotated: 'reset', Expired: 'expired', PolicyChanged: 'deleted by a policy' };

type EndedTableProps = { tokens: readonly SystemToken[] | undefined; permissions: readonly Permission[]; stale: boolean; sort: Sort };

/** Tokens that have ended: why, by whom, and whether somebody still tries to use them. */
export function EndedTable({ tokens, permissions, stale, sort }: EndedTableProps) {
  return (
    <Table
      label="Ended tokens"
      stale={stale}
      coming={tokens === undefined}
      head={
        <>
          <Sorted by="Name" sort={sort}>
            Name
          </Sorted>
          <Sorted by="EndedAt" sort={sort}>
            Ended
          </Sorted>
          <Sorted by="LastTriedAt" sort={sort}>
            Last tried
          </Sorted>
          <Sorted by="LastUsedAt" sort={sort}>
            Last used
          </Sorted>
          <Column>Permissions</Column>
          <Sorted by="CreatedAt" sort={sort}>
            Created
          </Sorted>
        </>
      }
    >
      {tokens === undefined ? <Bones rows={8} columns={6} /> : tokens.map((token) => <EndedRow key={token.id} token={token} permissions={permissions} />)}
    </Table>
  );
}

function EndedRow({ token, permissions }: { token: SystemToken; permissions: readonly Permission[] }) {
  const [, navigate] = useLocation();
  const to = `/tokens/${encodeURIComponent(token.id)}`;
  return (
    <Row onOpen={() => navigate(to)}>
      <Value label="Name" lead>
        <Link to={to} className={styles.name}>
          <Name name={token.name} clamp />
        </Link>
        {token.endReason != null && <Tag tone="dead">{reasonWords[token.endReason]}</Tag>}
        <RowNote note={token.note} />
      </Value>
      <Value label="Ended">
        {token.endedAt != null && <Distance at={token.endedAt} past />}
        <Secondary>
          by <Ender token={token} />
        </Secondary>
      </Value>
      <Value label="Last tried">
        <UseOf at={token.lastTriedAt} from={token.lastTriedFrom} never="Not since" />
      </Value>
      <Value label="Last used">
        <UseOf at={token.lastUsedAt} from={token.lastUsedFrom} never="Never" />
      </Value>
      <Value label="Permissions">
        <PermissionGlyph permissions={permissions} held={token.permissions} />
      </Value>
      <Value label="Created">
        <Exact at={token.createdAt} />
        <Secondary>
          by <Maker id={token.createdBy} name={token.createdByName} />
        </Secondary>
      </Value>
    </Row>
  );
}

/** When and from where something was done with a string, or that it was not. */
export function UseOf({ at, from, never }: { at: number | null | undefined; from: string | null | undefined; never: string }) {
  if (at == null) return <span className={styles.none}>{never}</span>;
  return (
    <>
      <Distance at={at} past />
      {from != null && (
        <Secondary>
          from <code>{from}</code>
        </Secondary>
      )}
    </>
  );
}
