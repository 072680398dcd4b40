import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { Refusal } from '../lib/refusal';
import { request } from './client';
import { graphql } from './gen';
import type {
  CreateSystemTokenInput,
  SystemPermissionsQuery,
  SystemTokensQueryVariables,
  TokenCountsQuery,
  TokenQuery,
  TokenRowFragment,
  UpdateSystemPermissionsTokenPermissionsInput,
} from './gen/graphql';

graphql(`
  fragment TokenRow on SystemPermissionsToken {
    id
    name
    note
    expireAt
    createdAt
    permissions
    createdBy
    createdByName
    issuedAt
    lastUsedAt
    lastUsedFrom
    earlierUse {
      tokenId
      at
      from
    }
    expired
    replacedBy
    replaces
    endedAt
    endedBy
    endedByName
    endMaximumMs
    endReason
    lastTriedAt
    lastTriedFrom
    ipFilterV2 {
      id
      name
    }
  }
`);

const SystemTokensDocument = graphql(`
  query SystemTokens(
    $searchFilter: String
    $permissionFilter: [SystemPermission!]
    $stateFilter: [SystemTokenState!]
    $expiresBefore: Long
    $unusedSince: Long
    $ipFilterIdFilter: [String!]
    $createdByFilter: String
    $neverExpires: Boolean
    $withoutIpFilter: Boolean
    $sortBy: Tokens__SortBy
    $orderBy: OrderBy
    $skip: Int
    $limit: Int
    $after: String
  ) {
    systemTokens(
      searchFilter: $searchFilter
      permissionFilter: $permissionFilter
      stateFilter: $stateFilter
      expiresBefore: $expiresBefore
      unusedSince: $unusedSince
      ipFilterIdFilter: $ipFilterIdFilter
      createdByFilter: $createdByFilter
      neverExpires: $neverExpires
      withoutIpFilter: $withoutIpFilter
      sortBy: $sortBy
      orderBy: $orderBy
      skip: $skip
      limit: $limit
      after: $after
    ) {
      totalResults
      endCursor
      hasNextPage
      results {
        ...TokenRow
      }
    }
  }
`);

const MadeByDocument = graphql(`
  query MadeBy($ids: [String!]!) {
    systemTokens(createdByAnyFilter: $ids, stateFilter: [Active], limit: 1000) {
      totalResults
      results {
        id
      }
    }
  }
`);

const MakersDocument = graphql(`
  query Makers($name: String!) {
    there: systemTokens(searchFilter: $name, limit: 8) {
      totalResults
      results {
        id
        name
      }
    }
    gone: systemTokens(searchFilter: $name, stateFilter: [Ended], sortBy: EndedAt, orderBy: DESC, limit: 8) {
      totalResults
      results {
        id
        name
        replacedBy
      }
    }
  }
`);

const MakerNameDocument = graphql(`
  query MakerName($id: String!) {
    there: systemTokens(searchFilter: $id, limit: 1) {
      results {
        id
        name
      }
    }
    gone: systemTokens(searchFilter: $id, stateFilter: [Ended], limit: 1) {
      results {
        id
        name
      }
    }
    made: systemTokens(createdByFilter: $id, limit: 1) {
      results {
        createdBy
        createdByName
      }
    }
  }
`);

const TokenCountsDocument = graphql(`
  query TokenCounts($expiresBefore: Long, $unusedSince: Long) {
    all: systemTokens(limit: 0) {
      totalResults
    }
    soon: systemTokens(expiresBefore: $expiresBefore, limit: 0) {
      totalResults
    }
    endless: systemTokens(neverExpires: true, limit: 0) {
      totalResults
    }
    unused: systemTokens(unusedSince: $unusedSince, limit: 0) {
      totalResults
    }
    unfiltered: systemTokens(withoutIpFilter: true, limit: 0) {
      totalResults
    }
    granting: systemTokens(permissionFilter: [ChangeSystemPermissions], limit: 0) {
      totalResults
    }
    ended: systemTokens(stateFilter: [Ended], limit: 0) {
      totalResults
    }
  }
`);

const TokenDocument = graphql(`
  query Token($tokenId: String!) {
    token(tokenId: $tokenId) {
      __typename
      ...TokenRow
      ... on SystemPermissionsToken {
        ipFilter
      }
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

const UpdateNoteDocument = graphql(`
  mutation UpdateNote($input: UpdateSystemTokenNoteInput!) {
    updateSystemTokenNote(input: $input) {
      id
    }
  }
`);

const DeleteSystemTokenDocument = graphql(`
  mutation DeleteSystemToken($input: InputData!) {
    deleteSystemToken(input: $input)
  }
`);

const DeleteSystemTokensDocument = graphql(`
  mutation DeleteSystemTokens($input: DeleteSystemTokensInput!) {
    deleteSystemTokens(input: $input) {
      deleted
    }
  }
`);

export type SystemToken = TokenRowFragment;
/** A token with the rules of its IP filter, which may be long: lists do without. */
export type TokenWithRules = Extract<TokenQuery['token'], { __typename: 'SystemPermissionsToken' }>;
export type Permission = SystemPermissionsQuery['systemPermissions'][number];
export type PermissionName = Permission['name'];

/**
 * A token together with its string. It must never reach a cache: callers keep it in their own state
 * and drop it.
 */
export type IssuedToken = { token: string; tokenMetadata: SystemToken };

export const tokensKey = ['tokens'] as const;

/** Lengths of time before or behind the moment at which the server is asked, in milliseconds. */
export type Spans = { endsWithinMs?: number | undefined; unusedForMs?: number | undefined };

/**
 * What is asked of the list. Spans are turned into moments only when it is asked: the question
 * stays the same while time goes on, and its answer moves with it.
 */
export type TokenQuestion = Omit<SystemTokensQueryVariables, 'expiresBefore' | 'unusedSince'> & Spans;

export type TokenOrder = NonNullable<SystemTokensQueryVariables['sortBy']>;
export type TokenState = Extract<SystemTokensQueryVariables['stateFilter'], readonly unknown[]>[number];

export function tokensQuery(question: TokenQuestion) {
  return queryOptions({
    queryKey: [...tokensKey, 'page', question],
    queryFn: async ({ signal }) => {
      const { endsWithinMs, unusedForMs, ...variables } = question;
      return (await request(SystemTokensDocument, { ...variables, ...momentsOf({ endsWithinMs, unusedForMs }) }, signal)).systemTokens;
    },
    placeholderData: keepPreviousData,
  });
}

export type TokenCount = keyof TokenCountsQuery;

/** How many tokens each ready view holds: counted by the server, in one request. */
export function countsQuery(spans: Spans) {
  return queryOptions({
    queryKey: [...tokensKey, 'counts', spans],
    queryFn: ({ signal }) => request(TokenCountsDocument, momentsOf(spans), signal),
  });
}

/** A walk along all tokens that a question finds, each of them once if nobody touches it. */
export type TokenWalk = {
  /** How many it has met so far, and whether there are no more. */
  readonly met: number;
  readonly over: boolean;
  /** The next ones. If that fails it can be asked for again. */
  next: (signal: AbortSignal) => Promise<SystemToken[]>;
};

const walkedAtOnce = 1000;

/** By name, of which the server keeps an order, so that no page takes longer than the first. */
export function walkTokens(question: TokenQuestion): TokenWalk {
  const { endsWithinMs, unusedForMs, ...filters } = question;
  const variables = { ...filters, ...momentsOf({ endsWithinMs, unusedForMs }), sortBy: 'Name', orderBy: 'ASC', skip: 0, limit: walkedAtOnce } as const;
  let after: string | null = null;
  let met = 0;
  let over = false;
  return {
    get met() {
      return met;
    },
    get over() {
      return over;
    },
    next: async (signal) => {
      const page = (await request(SystemTokensDocument, { ...variables, after }, signal)).systemTokens;
      after = page.endCursor ?? null;
      over = !page.hasNextPage;
      met += page.results.length;
      return page.results;
    },
  };
}

/** How many tokens that work were made by any of these, apart from these themselves. */
export function madeByQuery(ids: string[]) {
  return queryOptions({
    queryKey: [...tokensKey, 'made by', ids],
    queryFn: async ({ signal }) => {
      const { totalResults, results } = (await request(MadeByDocument, { ids }, signal)).systemTokens;
      return totalResults - results.filter(({ id }) => ids.includes(id)).length;
    },
  });
}

export type NamedMaker = { id: string; name: string; gone: boolean };

/** The first of some makers: of how many that are there, and whether more have ended. */
export type Makers = { found: readonly NamedMaker[]; there: { shown: number; total: number }; moreGone: boolean };

/** Tokens of a name, which may have made others. One that was reset is its successor. */
export function makersQuery(name: string) {
  return queryOptions({
    queryKey: [...tokensKey, 'makers', name],
    queryFn: async ({ signal }): Promise<Makers> => {
      const { there, gone } = await request(MakersDocument, { name }, signal);
      return {
        found: [
          ...there.results.map((one) => ({ ...one, gone: false })),
          ...gone.results.filter(({ replacedBy }) => replacedBy == null).map((one) => ({ ...one, gone: true })),
        ],
        there: { shown: there.results.length, total: there.totalResults },
        moreGone: gone.totalResults > gone.results.length,
      };
    },
  });
}

/**
 * The name of a token that may have made others, also of one that has ended; of one that is
 * forgotten, as what it made has it. Null if nothing has.
 */
export function makerNameQuery(id: string) {
  return queryOptions({
    queryKey: [...tokensKey, 'maker name', id],
    queryFn: async ({ signal }): Promise<string | null> => {
      const { there, gone, made } = await request(MakerNameDocument, { id }, signal);
      const itself = [...there.results, ...gone.results].find((one) => one.id === id);
      return itself?.name ?? made.results.find(({ createdBy }) => createdBy === id)?.createdByName ?? null;
    },
  });
}

function momentsOf({ endsWithinMs, unusedForMs }: Spans): { expiresBefore?: number; unusedSince?: number } {
  const now = Date.now();
  return {
    ...(endsWithinMs !== undefined && { expiresBefore: now + endsWithinMs }),
    ...(unusedForMs !== undefined && { unusedSince: now - unusedForMs }),
  };
}

export function tokenQuery(tokenId: string) {
  return queryOptions({
    queryKey: [...tokensKey, 'one', tokenId],
    queryFn: ({ signal }) => readToken(tokenId, signal),
  });
}

async function readToken(tokenId: string, signal: AbortSignal): Promise<TokenWithRules> {
  return systemTokenOf((await request(TokenDocument, { tokenId }, signal)).token);
}

/** A token that has ended, or null if it is forgotten. */
export function endedQuery(tokenId: string) {
  return queryOptions({
    queryKey: [...tokensKey, 'ended', tokenId],
    queryFn: ({ signal }) => readEnded(tokenId, signal),
  });
}

async function readEnded(tokenId: string, signal: AbortSignal): Promise<SystemToken | null> {
  return (await request(SystemTokensDocument, { searchFilter: tokenId, stateFilter: ['Ended'], limit: 1 }, signal)).systemTokens.results.find(({ id }) => id === tokenId) ?? null;
}

/** A token that another is to be like, whether or not it has ended. */
export function modelQuery(tokenId: string) {
  return queryOptions({
    queryKey: [...tokensKey, 'model', tokenId],
    queryFn: async ({ signal }): Promise<SystemToken> => {
      try {
        return await readToken(tokenId, signal);
      } catch (error) {
        const ended = error instanceof Refusal && error.code === 'NOT_FOUND' ? await readEnded(tokenId, signal) : null;
        if (ended === null) throw error;
        return ended;
      }
    },
  });
}

/** The newest use of any string of a token, as far as it is known. */
export function lastUseOf({ lastUsedAt, lastUsedFrom, earlierUse }: SystemToken): { at: number; from: string | null | undefined } | null {
  if (earlierUse != null && earlierUse.at > (lastUsedAt ?? 0)) return earlierUse;
  return lastUsedAt == null ? null : { at: lastUsedAt, from: lastUsedFrom };
}

function systemTokenOf(token: TokenQuery['token']): TokenWithRules {
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

/** Ends the string before the present one, if that still works, only when told to. */
export async function rotateToken(key: string, id: string, gracePeriodMs: number, endPredecessor: boolean): Promise<IssuedToken> {
  return (await request(RotateSystemTokenDocument, { input: { id, gracePeriodMs, endPredecessor } }, undefined, key)).rotateSystemToken;
}

export async function updatePermissions(input: UpdateSystemPermissionsTokenPermissionsInput): Promise<void> {
  await request(UpdatePermissionsDocument, { input });
}

/** An empty note takes it away. Refused if it is no more the expected one. */
export async function updateNote(id: string, note: string, expectedNote: string): Promise<void> {
  await request(UpdateNoteDocument, { input: { id, note, expectedNote } });
}

/** All of them, or none. */
export async function deleteTokens(ids: string[]): Promise<void> {
  await request(DeleteSystemTokensDocument, { input: { ids } });
}

export async function deleteToken(id: string): Promise<void> {
  await request(DeleteSystemTokenDocument, { input: { id } });
}
