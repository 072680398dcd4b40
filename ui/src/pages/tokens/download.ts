import type { SystemToken, TokenState, TokenWalk } from '../../api/tokens';
import { line } from '../../lib/csv';
import type { Sink } from '../../lib/saving';
import { utc } from '../../lib/time';

export type Form = 'csv' | 'jsonl';

export const forms: Readonly<Record<Form, { label: string; type: string }>> = {
  csv: { label: 'CSV, for a spreadsheet', type: 'text/csv' },
  jsonl: { label: 'JSON lines, for a program', type: 'application/x-ndjson' },
};

type Column = { name: string; of: (token: SystemToken) => string };

const moment = (at: number | null | undefined) => (at == null ? '' : utc(at));

/** As the list of the API can be asked for it. */
function stateOf({ endedAt, expired, replacedBy }: SystemToken): TokenState {
  if (endedAt != null) return 'Ended';
  if (expired) return 'Expired';
  return replacedBy == null ? 'Active' : 'InGracePeriod';
}

const columns: readonly Column[] = [
  { name: 'id', of: ({ id }) => id },
  { name: 'name', of: ({ name }) => name },
  { name: 'note', of: ({ note }) => note ?? '' },
  { name: 'permissions', of: ({ permissions }) => permissions.join(' ') },
  { name: 'state', of: stateOf },
  { name: 'expired', of: ({ expired }) => String(expired) },
  { name: 'createdAt', of: ({ createdAt }) => moment(createdAt) },
  { name: 'createdBy', of: ({ createdBy }) => createdBy },
  { name: 'createdByName', of: ({ createdByName }) => createdByName ?? '' },
  { name: 'issuedAt', of: ({ issuedAt }) => moment(issuedAt) },
  { name: 'expireAt', of: ({ expireAt }) => moment(expireAt) },
  { name: 'ipFilterId', of: ({ ipFilterV2 }) => ipFilterV2?.id ?? '' },
  { name: 'ipFilterName', of: ({ ipFilterV2 }) => ipFilterV2?.name ?? '' },
  { name: 'lastUsedAt', of: ({ lastUsedAt }) => moment(lastUsedAt) },
  { name: 'lastUsedFrom', of: ({ lastUsedFrom }) => lastUsedFrom ?? '' },
  { name: 'replacedBy', of: ({ replacedBy }) => replacedBy ?? '' },
  { name: 'replaces', of: ({ replaces }) => replaces ?? '' },
  { name: 'endedAt', of: ({ endedAt }) => moment(endedAt) },
  { name: 'endedBy', of: ({ endedBy }) => endedBy ?? '' },
  { name: 'endedByName', of: ({ endedByName }) => endedByName ?? '' },
  { name: 'endReason', of: ({ endReason }) => endReason ?? '' },
  { name: 'lastTriedAt', of: ({ lastTriedAt }) => moment(lastTriedAt) },
  { name: 'lastTriedFrom', of: ({ lastTriedFrom }) => lastTriedFrom ?? '' },
];

export function headOf(form: Form): string {
  return form === 'csv' ? line(columns.map(({ name }) => name)) : '';
}

export function written(form: Form, tokens: readonly SystemToken[]): string {
  const one = form === 'csv' ? (token: SystemToken) => line(columns.map(({ of }) => of(token))) : (token: SystemToken) => `${JSON.stringify(token)}\n`;
  return tokens.map(one).join('');
}

/** Writes all that a walk meets. It can be called again to go on where it was stopped. */
export async function writeAll(walk: TokenWalk, form: Form, sink: Sink, onProgress: (met: number) => void, signal: AbortSignal): Promise<void> {
  while (!walk.over) {
    const tokens = await walk.next(signal);
    await sink.write(written(form, tokens));
    onProgress(walk.met);
  }
}
