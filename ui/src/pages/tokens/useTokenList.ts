import { useCallback, useEffect, useState } from 'react';
import { tokensQuery } from '../../api/tokens';
import { type Change, pageOf, useLastPageInstead, useUrlState } from '../../lib/useListState';
import { useListQuery } from '../../lib/useListQuery';
import { withoutSecret } from '../../lib/withoutSecret';
import { cursorOf, placeOf } from './place';
import { chipsOf, orderOf, questionOf, selectionOf } from './selection';

export const size = 50;

/** The list that the URL asks for, and the ways from here to another. */
export function useTokenList() {
  const [params, change] = useUrlState();
  const selection = selectionOf(params);
  const order = orderOf(params);
  const page = pageOf(params);
  const cursor = cursorOf(params);
  const list = useListQuery({
    ...tokensQuery({ ...questionOf(selection), ...order, ...placeOf(cursor, page, size), limit: size }),
    refetchInterval: 30_000,
  });
  const refused = list.refusal?.code === 'INVALID' && list.refusal.fields['after'] !== undefined;
  const lost = useFirstPageInstead(params, change, cursor.after !== null && (refused || !cursor.sound));
  useNoSecretInUrl(params, change);
  const answer = list.stale ? undefined : list.data;
  useLastPageInstead(answer && { shown: answer.results.length, total: answer.totalResults, size }, (last) =>
    change({ after: null, page: last === 1 ? null : String(last) }, true),
  );

  /** Asks for something else, from its first page. */
  const select = useCallback((values: Change, replace = false) => change({ ...values, page: null, after: null }, replace), [change]);

  /**
   * The next page follows the last token of this one, whatever is made or deleted meanwhile. Others
   * are counted from the beginning.
   */
  const turnTo = (next: number) => {
    const follows = next === page + 1 && !list.stale;
    change({ page: next === 1 ? null : String(next), after: follows ? (list.data?.endCursor ?? null) : null });
    window.scrollTo(0, 0);
  };

  const filtered = chipsOf(selection, asTheyAre).length > 0;
  const narrowed = filtered || selection.search !== '';
  return { selection, order, page, list: { ...list, refusal: refused ? null : list.refusal }, lost, filtered, narrowed, select, turnTo, walked: cursor.after !== null };
}

const asTheyAre = { permission: String, filter: String, maker: () => null };

type ChangeUrl = (change: Change, replace?: boolean) => void;

/**
 * A cursor of another order, of another server or of none leads to the first page. Gives whether
 * that has happened, until the reader goes on.
 */
function useFirstPageInstead(params: URLSearchParams, change: ChangeUrl, wrong: boolean): boolean {
  const [instead, setInstead] = useState<string | null>(null);
  const here = params.toString();
  const first = new URLSearchParams(params);
  first.delete('after');
  first.delete('page');
  if (wrong && instead !== first.toString()) setInstead(first.toString());
  useEffect(() => {
    if (wrong) change({ after: null, page: null }, true);
  }, [wrong, change]);
  return instead === here;
}

/** A token string that came in a link goes no further, and leaves the address. */
function useNoSecretInUrl(params: URLSearchParams, change: ChangeUrl): void {
  const search = params.get('q') ?? '';
  const creator = params.get('creator') ?? '';
  useEffect(() => {
    if (withoutSecret(search) === search && withoutSecret(creator) === creator) return;
    change({ q: withoutSecret(search), creator: withoutSecret(creator) }, true);
  }, [search, creator, change]);
}
