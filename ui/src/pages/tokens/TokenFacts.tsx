import { Link } from 'wouter';
import type { SystemToken, TokenWithRules } from '../../api/tokens';
import { CopyButton } from '../../components/CopyButton';
import { LifeLine } from '../../components/LifeLine';
import { Distance, Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { RuleEditor } from '../../components/RuleEditor';
import { Tag } from '../../components/Tag';
import { span, utc } from '../../lib/time';
import styles from './Detail.module.css';
import { Maker } from './Maker';
import { StringBefore } from './StringBefore';

/** Remaining time and exact moment, with the line they stand on. */
export function Life({ token, maximumMs }: { token: SystemToken; maximumMs: number | null }) {
  return (
    <section className={styles.life} aria-label="Life">
      <p className={styles.remaining}>
        {token.expireAt == null ? (
          'Never expires'
        ) : (
          <>
            {token.expired ? 'Expired' : 'Expires'} <Distance at={token.expireAt} /> {token.expired && <Tag tone="dead">works no more</Tag>}
          </>
        )}
      </p>
      <LifeLine createdAt={token.createdAt} expireAt={token.expireAt ?? null} maximumMs={maximumMs} />
      <div className={styles.ends}>
        <span>
          Created <Exact at={token.createdAt} />
        </span>
        {maximumMs !== null && <span>The policy allows {span(maximumMs)}</span>}
        {token.expireAt != null && (
          <span>
            Ends <Exact at={token.expireAt} /> · <span className={styles.whole}>{utc(token.expireAt)}</span>
          </span>
        )}
      </div>
      <p className={styles.quiet}>An expiry cannot be changed. To give more time, make a new token.</p>
    </section>
  );
}

export function Facts({ token, administers }: { token: TokenWithRules; administers: boolean }) {
  return (
    <section className={styles.section}>
      <h2>About it</h2>
      <dl className={styles.facts}>
        <dt>Id</dt>
        <dd className={styles.id}>
          {token.id} <CopyButton text={token.id} small label="Copy id" />
        </dd>
        <dt>Last used</dt>
        <dd>
          {token.lastUsedAt == null ? (
            <Unused token={token} administers={administers} />
          ) : (
            <>
              <Distance at={token.lastUsedAt} past /> · <Exact at={token.lastUsedAt} />
              {token.lastUsedFrom != null && (
                <>
                  <br />
                  from <code>{token.lastUsedFrom}</code>
                </>
              )}
            </>
          )}
        </dd>
        <dt>Created</dt>
        <dd>
          <Exact at={token.createdAt} /> by <Maker id={token.createdBy} name={token.createdByName} />
        </dd>
        {token.issuedAt !== token.createdAt && (
          <>
            <dt>Present string</dt>
            <dd>
              Made <Distance at={token.issuedAt} past /> · <Exact at={token.issuedAt} />
            </dd>
          </>
        )}
        {administers && (
          <>
            <dt>Made with it</dt>
            <dd>
              <Link to={`/tokens?creator=${encodeURIComponent(token.id)}`}>Tokens that it made</Link>
            </dd>
          </>
        )}
        <dt>IP filter</dt>
        <dd>
          {token.ipFilterV2 == null ? (
            'None: it works from any address'
          ) : administers ? (
            <Link to={`/ip-filters/${encodeURIComponent(token.ipFilterV2.id)}`}>
              <Name name={token.ipFilterV2.name} />
            </Link>
          ) : (
            <Name name={token.ipFilterV2.name} />
          )}
        </dd>
      </dl>
      {token.ipFilter != null && <RuleEditor label="Its rules" value={token.ipFilter} />}
    </section>
  );
}

function Unused({ token, administers }: { token: SystemToken; administers: boolean }) {
  return token.issuedAt === token.createdAt ? 'Never' : <StringBefore earlier={token.earlierUse} leads={administers} />;
}
