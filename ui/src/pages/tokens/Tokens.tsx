import { useQuery } from '@tanstack/react-query';
import { permissionsQuery, tokensQuery } from '../../api/tokens';
import { policiesQuery } from '../../api/security';
import { ButtonLink } from '../../components/Button';
import { RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Pager } from '../../components/Pager';
import { SearchBox } from '../../components/SearchBox';
import type { Direction } from '../../components/Table';
import { useListQuery } from '../../lib/useListQuery';
import { pageOf, useTyped, useUrlState } from '../../lib/useListState';
import { NoMatch, NoTokens } from './Empty';
import { TokenTable } from './TokenTable';

const size = 50;

export function Tokens() {
  const [params, change] = useUrlState();
  const search = params.get('q') ?? '';
  const byExpiry = params.get('sort') === 'expiry';
  const direction: Direction = params.get('dir') === 'desc' ? 'DESC' : 'ASC';
  const page = pageOf(params);
  const [typed, setTyped] = useTyped(search, (q) => change({ q, page: null }, true));

  const tokens = useListQuery({
    ...tokensQuery({
      searchFilter: search,
      sortBy: byExpiry ? 'ExpirationDate' : 'Name',
      orderBy: direction,
      skip: (page - 1) * size,
      limit: size,
    }),
    refetchInterval: 30_000,
  });
  const permissions = useQuery(permissionsQuery);
  const policies = useQuery(policiesQuery);
  const total = tokens.data?.totalResults ?? 0;
  const nothing = tokens.data !== undefined && total === 0;

  return (
    <>
      <PageHead
        title="System tokens"
        actions={
          <ButtonLink to="/tokens/new" look="primary">
            + Add new
          </ButtonLink>
        }
      />
      {!(nothing && search === '') && <SearchBox label="Filter tokens" value={typed} onChange={setTyped} />}
      <RefusalNotice refusal={tokens.refusal} />
      {nothing && (search === '' ? <NoTokens /> : <NoMatch search={search} onClear={() => setTyped('')} />)}
      {!nothing && !tokens.failed && (
        <>
          <TokenTable
            tokens={tokens.data?.results}
            permissions={permissions.data ?? []}
            maximumMs={policies.data?.systemPermissionTokensEnforceExpirationAfterMs ?? null}
            stale={tokens.stale}
            sort={{
              byExpiry,
              direction,
              onSort: (expiry, dir) =>
                change({ sort: expiry ? 'expiry' : null, dir: dir === 'DESC' ? 'desc' : null, page: null }),
            }}
          />
          <Pager
            page={page}
            size={size}
            total={total}
            noun="tokens"
            onPage={(next) => {
              change({ page: next === 1 ? null : String(next) });
              window.scrollTo(0, 0);
            }}
          />
        </>
      )}
    </>
  );
}
