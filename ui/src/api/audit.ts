import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { request } from './client';
import { graphql } from './gen';
import type { AuditEventsQuery, AuditEventsQueryVariables } from './gen/graphql';

const AuditEventsDocument = graphql(`
  query AuditEvents(
    $typeFilter: [String!]
    $actionFilter: [String!]
    $actorFilter: String
    $tokenIdFilter: String
    $allStrings: Boolean
    $since: Long
    $until: Long
    $skip: Int
    $limit: Int
  ) {
    auditEvents(
      typeFilter: $typeFilter
      actionFilter: $actionFilter
      actorFilter: $actorFilter
      tokenIdFilter: $tokenIdFilter
      allStrings: $allStrings
      since: $since
      until: $until
      skip: $skip
      limit: $limit
    ) {
      totalResults
      results {
        id
        timestamp
        type
        actionName
        sensitive
        refused
        tokenId
        actor {
          type
          tokenId
          tokenName
          ip
          requestId
        }
        fields {
          name
          value
        }
      }
    }
  }
`);

export type AuditEvent = AuditEventsQuery['auditEvents']['results'][number];
export type AuditSelection = AuditEventsQueryVariables;

export function auditQuery(variables: AuditSelection) {
  return queryOptions({
    queryKey: ['audit', variables],
    queryFn: ({ signal }) => readAudit(variables, signal),
    placeholderData: keepPreviousData,
  });
}

export async function readAudit(variables: AuditSelection, signal?: AbortSignal) {
  return (await request(AuditEventsDocument, variables, signal)).auditEvents;
}

// What a change of the policies did to a token has the same action, and may be a million entries.
const typeOf = {
  updateTokenSecurityPolicies: 'organizations.securitypolicies.tokens.update',
  updateIPFilter: 'ipfilters.change',
  updateSystemTokenNote: 'hashedtokens.change',
  updateSystemPermissionsTokenPermissions: 'hashedtokens.change',
} as const;

/**
 * A change that somebody may have made: which entries tell of it. Without an action it is any
 * change of a token.
 */
export type Sought = { since: number; action?: keyof typeof typeOf; tokenId?: string; filterId?: string };

// The clock of the page may be ahead of the server's.
const leeway = 300_000;

/** Who made the newest such change, and when; undefined while nobody is known, or asked for. */
export function useLastChange(sought: Sought | null): { who: string; at: number } | undefined {
  const { action, since, tokenId, filterId }: Sought = sought ?? { since: 0 };
  const { data } = useQuery({
    queryKey: ['audit', 'last change', sought],
    queryFn: ({ signal }) =>
      readAudit({ typeFilter: [typeOf[action ?? 'updateSystemTokenNote']], actionFilter: action && [action], tokenIdFilter: tokenId, since: since - leeway, limit: 100 }, signal),
    enabled: sought !== null,
    staleTime: 0,
    refetchInterval: 10_000, // somebody may change it once more
  });
  const last = data?.results.find(({ refused, fields }) => refused == null && (filterId === undefined || fields.some(({ name, value }) => name === 'ipFilterId' && value === filterId)));
  if (last === undefined) return undefined;
  const { actor } = last;
  return { who: actor.type === 'root' ? 'root' : (actor.tokenName ?? actor.type), at: last.timestamp };
}
