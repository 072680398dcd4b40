import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { request } from './client';
import { graphql } from './gen';
import type { AuditEventsQuery, AuditEventsQueryVariables } from './gen/graphql';

const AuditEventsDocument = graphql(`
  query AuditEvents(
    $typeFilter: [String!]
    $actionFilter: [String!]
    $actorFilter: String
    $tokenIdFilter: String
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
