import type { Spans, TokenCount } from '../../api/tokens';
import { day } from '../../lib/time';
import { chipsOf, type Selection, selectionOf } from './selection';

const soonDays = 30;
const unusedDays = 90;

/** The lengths of time that the counts of the views go by. */
export const viewSpans: Spans = { endsWithinMs: soonDays * day, unusedForMs: unusedDays * day };

const endedQuestion = 'state=Ended&sort=ended&dir=desc';

/** A question that is asked often: a link with its filters, and how many tokens fit. */
export type View = { count: TokenCount; label: string; query: string };

export const views: readonly View[] = [
  { count: 'all', label: 'All', query: '' },
  { count: 'soon', label: `Ends within ${soonDays} days`, query: `ends=${soonDays}&sort=expiry` },
  { count: 'endless', label: 'Never ends', query: 'ends=never' },
  { count: 'unused', label: `Unused for ${unusedDays} days`, query: `unused=${unusedDays}&sort=used` },
  { count: 'unfiltered', label: 'No IP filter', query: 'filter=none' },
  { count: 'granting', label: 'May change permissions', query: 'permission=ChangeSystemPermissions' },
  { count: 'ended', label: 'Ended', query: endedQuestion },
];

/** Where the tokens are that have ended. */
export const endedLink = `/tokens?${endedQuestion}`;

/** Where a view is. The scale of the life lines goes along. */
export function linkOf(view: View, scale: string | null): string {
  const query = [view.query, scale === null ? '' : `scale=${scale}`].filter((part) => part !== '').join('&');
  return query === '' ? '/tokens' : `/tokens?${query}`;
}

/** Whether a view shows what is selected, in whatever order and on whatever page. */
export function isShown(view: View, selection: Selection): boolean {
  return selection.search === '' && keysOf(selectionOf(new URLSearchParams(view.query))) === keysOf(selection);
}

function keysOf(selection: Selection): string {
  const asTheyAre = (text: string) => text;
  const chips = chipsOf(selection, { permission: asTheyAre, filter: asTheyAre, maker: asTheyAre });
  return chips.map(({ key, label }) => `${key}=${label}`).join('&');
}
