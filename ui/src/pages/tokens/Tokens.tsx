import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useSearch } from 'wouter';
import { policiesQuery } from '../../api/security';
import { permissionsQuery } from '../../api/tokens';
import { mayAdministerTokens } from '../../api/viewer';
import { ButtonLink } from '../../components/Button';
import { LifeLegend } from '../../components/LifeLegend';
import { MayNot, needs } from '../../components/MayNot';
import { Notice, RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Pager } from '../../components/Pager';
import { useLastList } from '../../lib/lastList';
import { useTyped } from '../../lib/useListState';
import { useSession } from '../../shell/session';
import { ChosenBar } from './ChosenBar';
import { EndedTable } from './EndedTable';
import { NoMatch, NoTokens } from './Empty';
import { ListTools } from './ListTools';
import { ReadyViews } from './ReadyViews';
import { isOfEnded, noFilters, type Order, orderChange, questionOf, withoutScale } from './selection';
import { TokenTable } from './TokenTable';
import { useMaker } from './useMaker';
import { useChosen } from './useChosen';
import { size, useTokenList } from './useTokenList';

/** The list, for those who may see it. */
export function Tokens() {
  const { viewer } = useSession();
  if (mayAdministerTokens(viewer)) return <TokenList />;
  return (
    <>
      <PageHead title="System tokens" />
      <MayNot what="administer system tokens" needed={needs.administers} />
    </>
  );
}

function TokenList() {
  const { selection, order, page, list, lost, filtered, narrowed, select, turnTo, walked } = useTokenList();
  const sort = { ...order, onSort: (next: Order) => select(orderChange(next)) };
  const [typed, setTyped] = useTyped(selection.search, (q) => select({ q }, true));
  const searchBox = useRef<HTMLInputElement>(null);
  const permissions = useQuery(permissionsQuery);
  const policies = useQuery(policiesQuery);
  // What was empty for another question says nothing of all tokens.
  const data = list.stale && !narrowed && list.data?.totalResults === 0 ? undefined : list.data;
  const nothing = data?.totalResults === 0;
  const tokens = data?.results ?? [];
  const maker = useMaker(selection.creator, data?.results);
  const chosen = useChosen(withoutScale(useSearch()), list.stale ? [] : tokens.map(({ id }) => id));
  useLastList('/tokens', data !== undefined);
  const showAll = () => {
    searchBox.current?.focus();
    select({ ...noFilters, q: null });
  };

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
      {!(nothing && !narrowed) && (
        <>
          <ReadyViews selection={selection} />
          <ListTools
            search={{ typed, onType: setTyped, inputRef: searchBox }}
            selection={selection}
            order={order}
            maker={maker}
            permissions={permissions.data ?? []}
            onSelect={select}
          />
        </>
      )}
      <div role="status">
        {lost && (
          <Notice title="This is the first page">
            <p>The link pointed to a place in a list of another order, or was cut. What it selects is kept.</p>
          </Notice>
        )}
        {nothing && narrowed && <span className="sr-only">No token matches</span>}
      </div>
      <RefusalNotice refusal={list.refusal} />
      {nothing && (narrowed ? <NoMatch search={selection.search} filtered={filtered} onClear={showAll} /> : <NoTokens />)}
      {!nothing && !list.failed && (
        <>
          <ChosenBar chosen={chosen} tokens={tokens} choosable={!isOfEnded(selection)} question={questionOf(selection)} total={list.stale ? undefined : data?.totalResults} />
          {isOfEnded(selection) ? (
            <EndedTable tokens={data?.results} permissions={permissions.data ?? []} stale={list.stale} sort={sort} />
          ) : (
            <>
              <LifeLegend maximum={policies.data?.systemPermissionTokensEnforceExpirationAfterMs != null} />
              <TokenTable
                tokens={data?.results}
                permissions={permissions.data ?? []}
                maximumMs={policies.data?.systemPermissionTokensEnforceExpirationAfterMs ?? null}
                stale={list.stale}
                chosen={chosen}
                sort={sort}
              />
            </>
          )}
          <Pager
            page={page}
            size={size}
            total={data?.totalResults}
            noun="tokens"
            onPage={turnTo}
            walked={walked && data !== undefined ? { shown: data.results.length, more: data.hasNextPage } : undefined}
          />
        </>
      )}
    </>
  );
}
