import type { AuditEvent, AuditSelection } from '../../api/audit';

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
