import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { Refusal } from '../lib/refusal';
import { request } from './client';
import { graphql } from './gen';
import type {
  CreateSystemTokenInput,
  SystemPermissionsQuery,
  SystemTokensQueryVariables,
  TokenQuery,
  TokenRowFragment,
  UpdateSystemPermissionsTokenPermissionsInput,
} from './gen/graphql';

graphql(`
  fragment TokenRow on SystemPermissionsToken {
    id
    name
    expireAt
    createdAt
    permissions
    createdBy
    lastUsedAt
    lastUsedFrom
    expired
    replacedBy
    ipFilterV2 {
      id
      name
      ipFilter
    }
  }
`);

const SystemTokensDocument = graphql(`
  query SystemTokens($searchFilter: String, $sortBy: Tokens__SortBy, $orderBy: OrderBy, $skip: Int, $limit: Int) {
    systemTokens(searchFilter: $searchFilter, sortBy: $sortBy, orderBy: $orderBy, skip: $skip, limit: $limit) {
      totalResults
      results {
        ...TokenRow
      }
    }
  }
`);

const TokenDocument = graphql(`
  query Token($tokenId: String!) {
    token(tokenId: $tokenId) {
      __typename
      ...TokenRow
    }
  }
`);

const SystemPermissionsDocument = graphql(`
  query SystemPermissions {
    systemPermissions {
      name
      label
      group
      description
      warning
    }
  }
`);

const CreateSystemTokenDocument = graphql(`
  mutation CreateSystemToken($input: CreateSystemTokenInput!) {
    createSystemToken(input: $input) {
      token
      tokenMetadata {
        ...TokenRow
      }
    }
  }
`);

const RotateSystemTokenDocument = graphql(`
  mutation RotateSystemToken($input: RotateSystemTokenInput!) {
    rotateSystemToken(input: $input) {
      token
      tokenMetadata {
        ...TokenRow
      }
    }
  }
`);

const UpdatePermissionsDocument = graphql(`
  mutation UpdatePermissions($input: UpdateSystemPermissionsTokenPermissionsInput!) {
    updateSystemPermissionsTokenPermissions(input: $input)
  }
`);

const DeleteSystemTokenDocument = graphql(`
  mutation DeleteSystemToken($input: InputData!) {
    deleteSystemToken(input: $input)
  }
`);

export type SystemToken = TokenRowFragment;
export type Permission = SystemPermissionsQuery['systemPermissions'][number];
export type PermissionName = Permission['name'];

/**
 * A token together with its string. It must never reach a cache: callers keep it in their own state
 * and drop it.
 */
export type IssuedToken = { token: string; tokenMetadata: SystemToken };

export const tokensKey = ['tokens'] as const;

export function tokensQuery(variables: SystemTokensQueryVariables) {
  return queryOptions({
    queryKey: [...tokensKey, 'page', variables],
    queryFn: async ({ signal }) => (await request(SystemTokensDocument, variables, signal)).systemTokens,
    placeholderData: keepPreviousData,
  });
}

export function tokenQuery(tokenId: string) {
  return queryOptions({
    queryKey: [...tokensKey, 'one', tokenId],
    queryFn: async ({ signal }) => systemTokenOf((await request(TokenDocument, { tokenId }, signal)).token),
  });
}

function systemTokenOf(token: TokenQuery['token']): SystemToken {
  if (token.__typename === 'SystemPermissionsToken') return token;
  throw new Refusal('refused', 'This is not a system token.', { code: 'NOT_FOUND' });
}

/** The sixteen permissions with their words. They change only with the server's version. */
export const permissionsQuery = queryOptions({
  queryKey: ['permissions'],
  queryFn: async ({ signal }) => (await request(SystemPermissionsDocument, {}, signal)).systemPermissions,
  staleTime: Infinity,
});

export async function createToken(key: string, input: CreateSystemTokenInput): Promise<IssuedToken> {
  return (await request(CreateSystemTokenDocument, { input }, undefined, key)).createSystemToken;
}

export async function rotateToken(key: string, id: string, gracePeriodMs: number): Promise<IssuedToken> {
  return (await request(RotateSystemTokenDocument, { input: { id, gracePeriodMs } }, undefined, key)).rotateSystemToken;
}

export async function updatePermissions(input: UpdateSystemPermissionsTokenPermissionsInput): Promise<void> {
  await request(UpdatePermissionsDocument, { input });
}

export async function deleteToken(id: string): Promise<void> {
  await request(DeleteSystemTokenDocument, { input: { id } });
}
