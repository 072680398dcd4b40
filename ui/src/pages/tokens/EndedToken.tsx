import { Fragment } from 'react';
import type { Permission, SystemToken } from '../../api/tokens';
import { ApiName } from '../../components/ApiName';
import { ButtonLink } from '../../components/Button';
import { Distance, Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Notice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { lastList } from '../../lib/lastList';
import styles from './Detail.module.css';
import { reasonWords, UseOf } from './EndedTable';
import { History } from './History';
import { Ender, Maker } from './Maker';
import { TokenNote } from './TokenNote';

/** What is kept of a token that has ended: the answer to "who still uses it?". */
export function EndedToken({ token, permissions }: { token: SystemToken; permissions: readonly Permission[] }) {
  const about = encodeURIComponent(token.id);
  return (
    <>
      <PageHead
        title={token.name}
        heading={<Name name={token.name} />}
        back={{ to: lastList('/tokens'), label: 'System tokens' }}
        actions={
          <>
            {token.replacedBy == null && <ButtonLink to={`/tokens/new?like=${about}`}>New one like it</ButtonLink>}
            <ButtonLink to={`/audit-log?token=${about}`}>See what happened to it</ButtonLink>
            <ButtonLink to={`/tokens?creator=${about}`}>Tokens that it made</ButtonLink>
          </>
        }
      />
      <Notice
        tone={token.lastTriedAt == null ? 'info' : 'warn'}
        title={token.lastTriedAt == null ? 'It has ended, and nobody has tried to use it since' : 'It has ended, and somebody still tries to use it'}
        actions={token.replacedBy == null ? undefined : <ButtonLink to={`/tokens/${encodeURIComponent(token.replacedBy)}`}>Go to its successor</ButtonLink>}
      >
        {token.lastTriedAt != null && (
          <p>
            Its string was last shown <Distance at={token.lastTriedAt} past />
            {token.lastTriedFrom != null && (
              <>
                {' '}
                from <code>{token.lastTriedFrom}</code>
              </>
            )}
            , and refused.
          </p>
        )}
      </Notice>
      <TokenNote token={token} mayChange={false} />
      <section className={styles.section}>
        <h2>About it</h2>
        <dl className={styles.facts}>
          <dt>Id</dt>
          <dd className={styles.id}>{token.id}</dd>
          <dt>Ended</dt>
          <dd>
            {token.endedAt != null && <Exact at={token.endedAt} />}, {token.endReason != null && reasonWords[token.endReason]} by <Ender token={token} />
          </dd>
          <dt>Last used</dt>
          <dd>
            <UseOf at={token.lastUsedAt} from={token.lastUsedFrom} never="Never" />
          </dd>
          <dt>Could do</dt>
          <dd>
            {token.permissions.length === 0
              ? 'Nothing'
              : token.permissions.map((permission, at) => (
                  <Fragment key={permission}>
                    <span className={styles.could}>
                      <ApiName name={permission} />
                      {at < token.permissions.length - 1 && ','}
                    </span>{' '}
                  </Fragment>
                ))}
          </dd>
          <dt>Created</dt>
          <dd>
            <Exact at={token.createdAt} /> by <Maker id={token.createdBy} name={token.createdByName} />
          </dd>
        </dl>
      </section>
      <History id={token.id} permissions={permissions} allStrings={token.replacedBy == null} />
    </>
  );
}
