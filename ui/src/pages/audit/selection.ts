import type { AuditEvent, AuditSelection } from '../../api/audit';
import { counted, exact } from '../../lib/time';

/** What the URL selects of the audit log. A value that makes no sense selects nothing away. */
export function selectionOf(params: URLSearchParams): AuditSelection {
  const type = params.get('type');
  return {
    typeFilter: type ? [type] : null,
    actionFilter: params.get('action')?.split(',').filter((action) => action !== '') ?? null,
    actorFilter: params.get('actor') || null,
    tokenIdFilter: params.get('token') || null,
    since: momentOf(params.get('since')),
    until: momentOf(params.get('until')),
  };
}

/** In the URL a moment stands in UTC, so that a colleague in another zone sees the same entries. */
function momentOf(text: string | null): number | null {
  if (text === null) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

export function isNarrowed(selection: AuditSelection): boolean {
  return Object.values(selection).some((value) => value !== null);
}

/**
 * One entry a line, as the audit file has them: nothing of the page's own, only what the server
 * said.
 */
export function jsonLines(events: readonly AuditEvent[]): string {
  return events
    .map(({ fields, ...event }) =>
      JSON.stringify({ ...event, time: new Date(event.timestamp).toISOString(), fields: Object.fromEntries(fields.map(({ name, value }) => [name, value])) }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** What an entry tells, where the name of the action says less than a sentence. */
export function sentenceOf(event: AuditEvent): string | null {
  const detail = (name: string) => event.fields.find((field) => field.name === name)?.value ?? '';
  const days = Number(detail('withinDays'));
  const at = Number(detail('expireAt'));
  if (event.type !== 'tokens.expiring' || !(days > 0) || !(at > 0)) return null;
  return `It expires within ${counted(days, 'day')}, at ${exact(at)}`;
}

/**
 * What an entry is about, as far as it names it: a token or an IP filter, and where that is looked
 * at.
 */
export function subjectOf({ fields, tokenId, actionName }: Pick<AuditEvent, 'fields' | 'tokenId' | 'actionName'>): { name?: string; id: string; to?: string } {
  const detail = (...names: string[]) => fields.find(({ name }) => names.includes(name))?.value;
  if (tokenId != null && tokenId !== '') return { name: detail('tokenName', 'name'), id: tokenId, to: `/tokens/${encodeURIComponent(tokenId)}` };
  const filter = detail('ipFilterName');
  const id = detail('ipFilterId') ?? '';
  if (filter === undefined) return { name: detail('tokenName', 'name'), id: '' };
  return { name: filter, id, to: actionName === 'deleteIPFilter' ? undefined : `/ip-filters/${encodeURIComponent(id)}` };
}

/**
 * The kinds of entries there are. The list only helps to choose; another kind in the URL works as
 * well.
 */
export const types = [
  { value: 'hashedtokens.change', label: 'Token made, changed or deleted' },
  { value: 'hashedtokens.rotate', label: 'Secret reset' },
  { value: 'ipfilters.change', label: 'IP filter changed' },
  { value: 'organizations.securitypolicies.tokens.update', label: 'Security policies changed' },
  { value: 'tokens.expire', label: 'Token expired' },
  { value: 'tokens.expiring', label: 'Token will expire soon' },
  { value: 'roottoken.replace', label: 'Root token replaced' },
  { value: 'authentication.refused', label: 'Sign-in refused' },
  { value: 'hashedtokens.read', label: 'Tokens listed' },
  { value: 'audit.read', label: 'Audit log read' },
  { value: 'organizations.securitypolicies.tokens.read', label: 'Change of policies tried' },
  { value: 'store.backup', label: 'Backup made' },
  { value: 'store.restore', label: 'Backup restored' },
  { value: 'store.compact', label: 'Store compacted' },
  { value: 'audit.archive', label: 'Audit log archived' },
  { value: 'store.salvage', label: 'Damaged store salvaged' },
  { value: 'store.rollback', label: 'Older store accepted' },
  { value: 'store.integrity', label: 'Stored row changed' },
  { value: 'sessions.end', label: 'Signed out' },
  { value: 'keys.rotate', label: 'Keys rotated' },
  { value: 'keys.drop', label: 'Old keys dropped' },
  { value: 'clock.jump', label: 'Clock jumped' },
  { value: 'clock.accept', label: 'Clock accepted' },
] as const;
