import { useState } from 'react';
import { Link } from 'wouter';
import { filterUsageQuery } from '../../api/filters';
import { mayAdministerTokens } from '../../api/viewer';
import { Expiry } from '../../components/Expiry';
import { LifeLegend, useLifeScale } from '../../components/LifeLegend';
import { Name } from '../../components/Name';
import { RefusalNotice } from '../../components/Notice';
import { Pager } from '../../components/Pager';
import { Column, Row, Table, Value } from '../../components/Table';
import { counted } from '../../lib/time';
import { useLastPageInstead } from '../../lib/useListState';
import { useListQuery } from '../../lib/useListQuery';
import { useSession } from '../../shell/session';
import styles from './Filters.module.css';

const size = 20;

/** Which tokens and policies an edit of the filter reaches. */
export function FilterUsage({ id }: { id: string }) {
  const inList = mayAdministerTokens(useSession().viewer);
  const [page, setPage] = useState(1);
  const usage = useListQuery(filterUsageQuery(id, (page - 1) * size, size));
  const [scale] = useLifeScale();
  const data = usage.data;
  useLastPageInstead(data === undefined || usage.stale ? undefined : { shown: data.tokens.length, total: data.totalTokens, size }, setPage);
  return (
    <section className={styles.section}>
      <h2>Where it is used</h2>
      <RefusalNotice refusal={usage.refusal} />
      {data && (
        <p>
          {data.totalTokens === 0 ? 'By no token' : `By ${counted(data.totalTokens, 'token')}`}
          {data.policies.length > 0 && `, and enforced by the security policy for ${data.policies.join(', ')} tokens`}.
        </p>
      )}
      {data && data.totalTokens > 0 && (
        <>
          {inList && <Link to={`/tokens?filter=${encodeURIComponent(id)}`}>Show them in the list of tokens</Link>}
          <LifeLegend />
          <Table
            label="Tokens that use this filter"
            stale={usage.stale}
            head={
              <>
                <Column>Token</Column>
                <Column width="40%">Expires</Column>
              </>
            }
          >
            {data.tokens.map((token) => (
              <Row key={token.id}>
                <Value label="Token" lead>
                  <Link to={`/tokens/${encodeURIComponent(token.id)}`} className={styles.link}>
                    <Name name={token.name} clamp />
                  </Link>
                </Value>
                <Value label="Expires" whole>
                  <Expiry createdAt={token.createdAt} expireAt={token.expireAt ?? null} maximumMs={null} scale={scale} />
                </Value>
              </Row>
            ))}
          </Table>
          <Pager page={page} size={size} total={data.totalTokens} noun="tokens with this filter" onPage={setPage} />
        </>
      )}
    </section>
  );
}
