/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/**
 * What a new system token shall be.
 * Stability: Preview
 */
export type CreateSystemTokenInput = {
  /** When it shall expire, in milliseconds since 1970. Not together with `expiresIn`. Stability: Preview */
  expireAt?: number | null | undefined;
  /** How long it shall live. Not together with `expireAt`. Stability: Preview */
  expiresIn?: ExpirationInput | null | undefined;
  /** The id of its IP filter; absent or null for none. Stability: Preview */
  ipFilterId?: string | null | undefined;
  /** Its name: 1 to 253 characters, no control characters. Spaces around it are removed. Stability: Preview */
  name: string;
  /** What it is for and whom to call: at most 500 characters in one line, no control characters, and no token string nor a part of one. Spaces around it are removed; absent, null or empty for none. It stays in the audit log. Stability: Preview */
  note?: string | null | undefined;
  /** What it may do. Grant as little as possible. You may grant only what you hold yourself. Stability: Preview */
  permissions: Array<SystemPermission>;
};

/**
 * Several tokens, by their ids.
 * Stability: Preview
 */
export type DeleteSystemTokensInput = {
  /** The ids of the tokens: 1 to 1000, each once. Stability: Preview */
  ids: Array<string>;
};

/**
 * An expiry, counted from the moment of creation.
 * Stability: Preview
 */
export type ExpirationInput = {
  /** How many units. At least 1. Stability: Preview */
  amount: number;
  /** Minutes, hours or days. Stability: Preview */
  unit: ExpirationUnit;
};

/**
 * A unit of time for an expiry.
 * Stability: Preview
 */
export type ExpirationUnit =
  /** 24 hours each. Stability: Preview */
  | 'Days'
  /** 60 minutes each. Stability: Preview */
  | 'Hours'
  /** 60 seconds each. Stability: Preview */
  | 'Minutes';

/**
 * What new rules of an IP filter do with the address that a token was last used from.
 * Stability: Preview
 */
export type IpFilterEffect =
  /** It is refused now, and would pass. Stability: Preview */
  | 'Admitted'
  /** It passes now, and would be refused. Stability: Preview */
  | 'Refused';

/**
 * One IP filter, by its id.
 * Stability: Long-term
 */
export type IpFilterIdInput = {
  /** The id of the filter. Stability: Long-term */
  id: string;
};

/**
 * A new IP filter.
 * Stability: Long-term
 */
export type IpFilterInput = {
  /**
   * Its rules, one a line: `allow` or `deny`, then `all`, an address or a CIDR. The first match wins.
   * At most 10,000 rules and 256 KiB. All lines that cannot be read are refused at once, the first 20 with their words.
   * Stability: Long-term
   */
  ipFilter: string;
  /** Its name: 1 to 253 characters, no control characters. Stability: Long-term */
  name: string;
};

/**
 * A change to an IP filter. It binds at once for every token that uses the filter.
 * Stability: Long-term
 */
export type IpFilterUpdateInput = {
  /** The id of the filter. Stability: Long-term */
  id: string;
  /** Its new rules, as for a new filter; absent or null to keep the old ones. Stability: Long-term */
  ipFilter?: string | null | undefined;
  /** Its new name; absent or null to keep the old one. Stability: Long-term */
  name?: string | null | undefined;
};

/**
 * One thing, by its id.
 * Stability: Long-term
 */
export type InputData = {
  /** The id. Stability: Long-term */
  id: string;
};

/**
 * The direction of a list.
 * Stability: Long-term
 */
export type OrderBy =
  /** Smallest, first or A first. Stability: Long-term */
  | 'ASC'
  /** Largest, last or Z first. Stability: Long-term */
  | 'DESC';

/**
 * The token to rotate, and how long its old string shall go on working.
 * Stability: Preview
 */
export type RotateSystemTokenInput = {
  /** Whether a token that this one replaced, and that still works out its grace period, is ended. Unless it is true, rotating again while there is one is refused, because a third string would leave somebody without any. Stability: Preview */
  endPredecessor?: boolean | null | undefined;
  /** How long the old string still works, in milliseconds: 0 to 7 days, and never beyond the token's own expiry. Absent or null is 0. Stability: Preview */
  gracePeriodMs?: number | null | undefined;
  /** The id of the token. Stability: Preview */
  id: string;
};

/**
 * What a system token may do. A token holds any number of these, chosen when it is made.
 * Stability: Long-term
 */
export type SystemPermission =
  /** Change bucket storage: change where and how bucket data is stored. Stability: Long-term */
  | 'ChangeBucketStorage'
  /** Change feature flags: switch features on or off for the cluster or for one organization. Stability: Long-term */
  | 'ChangeFeatureFlags'
  /** Change subdomains: change how subdomains are set up. Stability: Long-term */
  | 'ChangeSubdomains'
  /** Change system permissions: hand out and take away system permissions. Here it administers system tokens. Stability: Long-term */
  | 'ChangeSystemPermissions'
  /** Change username: give an existing user another name. Stability: Long-term */
  | 'ChangeUsername'
  /** Delete Falcon LogScale owned repository: remove a system repository. Losing one can make problems impossible to diagnose. Stability: Long-term */
  | 'DeleteHumioOwnedRepositoryOrView'
  /** Delete organizations: remove organizations from the cluster. Stability: Long-term */
  | 'DeleteOrganizations'
  /** Import organization: bring an organization into the cluster. Stability: Long-term */
  | 'ImportOrganization'
  /** Ingest across all repositories within cluster: send data into any repository. Stability: Long-term */
  | 'IngestAcrossAllReposWithinCluster'
  /** List subdomains: see the subdomains in use. Stability: Long-term */
  | 'ListSubdomains'
  /** Manage cluster: change the settings and operation of the cluster. Here it also administers IP filters and security policies. Stability: Long-term */
  | 'ManageCluster'
  /** Manage organization links: link organizations as parent and child. Stability: Long-term */
  | 'ManageOrganizationLinks'
  /** Manage customer organizations: create organizations and change them. Stability: Long-term */
  | 'ManageOrganizations'
  /** Patch global: edit the global snapshot of the cluster. Only to be used together with support. Stability: Long-term */
  | 'PatchGlobal'
  /** Read cluster health check: see the result of the health checks. Stability: Long-term */
  | 'ReadHealthCheck'
  /** View customer organizations: see which organizations exist. Stability: Long-term */
  | 'ViewOrganizations';

/**
 * Why a token works no more.
 * Stability: Preview
 */
export type SystemTokenEndReason =
  /** Somebody deleted it. Stability: Preview */
  | 'Deleted'
  /** Its time was over. Stability: Preview */
  | 'Expired'
  /** A change of the security policies deleted it. Stability: Preview */
  | 'PolicyChanged'
  /** A rotation replaced its string, and its grace period, if it had one, is over. Stability: Preview */
  | 'Rotated';

/**
 * What has become of a system token that is listed. It is in exactly one of these states.
 * Stability: Preview
 */
export type SystemTokenState =
  /** It works, and no rotation has replaced it. Stability: Preview */
  | 'Active'
  /** It works no more: it was deleted, rotated, or has expired. It is listed only where this state is asked for, alone, for 30 days, and of more than 20,000 only the last. Stability: Preview */
  | 'Ended'
  /** Its time is over. It stays listed for five minutes more. Stability: Preview */
  | 'Expired'
  /** A rotation has replaced it, and it still works until its grace period ends. Stability: Preview */
  | 'InGracePeriod';

/**
 * What a policy does with an existing token.
 * Stability: Preview
 */
export type TokenPolicyEffect =
  /** The token gets an earlier expiry. Stability: Preview */
  | 'Capped'
  /** The token is deleted. Stability: Preview */
  | 'Deleted'
  /** The token gets the enforced IP filter, and keeps its expiry. Stability: Preview */
  | 'Refiltered'
  /** The token stays as it is. Stability: Preview */
  | 'Unchanged';

/**
 * The security policies for tokens. For the other kinds the input replaces what was kept. For system tokens: if all four fields are absent or null the policy stays as it is; if `systemPermissionTokensEnabled` is given it is replaced, and an absent maximum or filter means none.
 * Stability: Long-term
 */
export type TokenSecurityPoliciesInput = {
  /** Whether the permissions of an organization token may change. Kept, not applied here. Stability: Long-term */
  organizationPermissionTokensAllowPermissionUpdates: boolean;
  /** Whether organization tokens may exist. Kept, not applied here. Stability: Long-term */
  organizationPermissionTokensEnabled: boolean;
  /** The longest life of an organization token, in milliseconds. Kept, not applied here. Stability: Long-term */
  organizationPermissionTokensEnforceExpirationAfterMs?: number | null | undefined;
  /** The id of the IP filter for organization tokens. Kept, not applied here. Stability: Long-term */
  organizationPermissionTokensEnforceIpFilterId?: string | null | undefined;
  /** Whether personal tokens may exist. Kept, not applied here. Stability: Long-term */
  personalUserTokensEnabled: boolean;
  /** The longest life of a personal token, in milliseconds. Kept, not applied here. Stability: Long-term */
  personalUserTokensEnforceExpirationAfterMs?: number | null | undefined;
  /** The id of the IP filter for personal tokens. Kept, not applied here. Stability: Long-term */
  personalUserTokensEnforceIpFilterId?: string | null | undefined;
  /** Whether the permissions of an existing system token may change. Stability: Long-term */
  systemPermissionTokensAllowPermissionUpdates?: boolean | null | undefined;
  /** Whether system tokens may exist. False deletes all of them. Stability: Long-term */
  systemPermissionTokensEnabled?: boolean | null | undefined;
  /** The longest life of a system token, in milliseconds, counted from its creation. Older tokens are deleted, longer ones capped. Stability: Long-term */
  systemPermissionTokensEnforceExpirationAfterMs?: number | null | undefined;
  /** The id of the IP filter that every system token gets. Stability: Long-term */
  systemPermissionTokensEnforceIpFilterId?: string | null | undefined;
  /** Whether the permissions of a view token may change. Kept, not applied here. Stability: Long-term */
  viewPermissionTokensAllowPermissionUpdates: boolean;
  /** Whether view tokens may exist. Kept, not applied here. Stability: Long-term */
  viewPermissionTokensEnabled: boolean;
  /** The longest life of a view token, in milliseconds. Kept, not applied here. Stability: Long-term */
  viewPermissionTokensEnforceExpirationAfterMs?: number | null | undefined;
  /** The id of the IP filter for view tokens. Kept, not applied here. Stability: Long-term */
  viewPermissionTokensEnforceIpFilterId?: string | null | undefined;
};

/**
 * What a list of tokens is ordered by.
 * Stability: Long-term
 */
export type Tokens__SortBy =
  /** By the moment the token was first issued. Stability: Preview */
  | 'CreatedAt'
  /** By the moment the token ended; only for a list of ended tokens. Stability: Preview */
  | 'EndedAt'
  /** By the moment the token expires; a token that never expires comes last in ascending order. Stability: Long-term */
  | 'ExpirationDate'
  /** By the moment the token's string was last shown after its end; one that nobody has tried comes first in ascending order. Only for a list of ended tokens. Stability: Preview */
  | 'LastTriedAt'
  /** By the moment the token was last accepted; a token that was never used comes first in ascending order. Stability: Preview */
  | 'LastUsedAt'
  /** By name, without regard to case. Stability: Long-term */
  | 'Name';

/**
 * The permissions a token shall have from now on.
 * Stability: Long-term
 */
export type UpdateSystemPermissionsTokenPermissionsInput = {
  /** The id of the token. Stability: Long-term */
  id: string;
  /** All permissions it shall have; what is not listed is taken away. Stability: Long-term */
  permissions: Array<SystemPermission>;
};

/**
 * The note a token shall have from now on.
 * Stability: Preview
 */
export type UpdateSystemTokenNoteInput = {
  /** The note that you have read, empty for none: if the token has neither that nor the new one by now, nothing is changed and the answer is CONFLICT. Absent or null to write over whatever is there. Stability: Preview */
  expectedNote?: string | null | undefined;
  /** The id of the token. Stability: Preview */
  id: string;
  /** What it is for and whom to call: at most 500 characters in one line, no control characters, and no token string nor a part of one. Spaces around it are removed; an empty text takes the note away. The old note and the new one stay in the audit log. Stability: Preview */
  note: string;
};

export type AuditEventsQueryVariables = Exact<{
  typeFilter?: Array<string> | string | null | undefined;
  actionFilter?: Array<string> | string | null | undefined;
  actorFilter?: string | null | undefined;
  tokenIdFilter?: string | null | undefined;
  allStrings?: boolean | null | undefined;
  since?: number | null | undefined;
  until?: number | null | undefined;
  skip?: number | null | undefined;
  limit?: number | null | undefined;
}>;


export type AuditEventsQuery = { auditEvents: { totalResults: number, results: Array<{ id: string, timestamp: number, type: string, actionName: string | null, sensitive: boolean, refused: string | null, tokenId: string | null, actor: { type: string, tokenId: string | null, tokenName: string | null, ip: string | null, requestId: string | null }, fields: Array<{ name: string, value: string }> }> } };

export type IpFiltersQueryVariables = Exact<{
  skip?: number | null | undefined;
  limit?: number | null | undefined;
}>;


export type IpFiltersQuery = { ipFilters: Array<{ id: string, name: string, ipFilter: string }> };

export type IpFilterUsageQueryVariables = Exact<{
  id: string;
  skip?: number | null | undefined;
  limit?: number | null | undefined;
}>;


export type IpFilterUsageQuery = { ipFilterUsage: { totalTokens: number, policies: Array<string>, tokens: Array<{ id: string, name: string, note: string | null, expireAt: number | null, createdAt: number, permissions: Array<string>, createdBy: string, createdByName: string | null, issuedAt: number, lastUsedAt: number | null, lastUsedFrom: string | null, expired: boolean, replacedBy: string | null, replaces: string | null, endedAt: number | null, endedBy: string | null, endedByName: string | null, endMaximumMs: number | null, endReason: SystemTokenEndReason | null, lastTriedAt: number | null, lastTriedFrom: string | null, earlierUse: { tokenId: string, at: number, from: string | null } | null, ipFilterV2: { id: string, name: string } | null }> } };

export type IpFilterImpactQueryVariables = Exact<{
  input: IpFilterUpdateInput;
  limit?: number | null | undefined;
}>;


export type IpFilterImpactQuery = { ipFilterImpact: { totalTokens: number, refused: number, admitted: number, tokens: Array<{ lastUsedFrom: string, effect: IpFilterEffect, token: { id: string, name: string } }> } };

export type TestIpFilterQueryVariables = Exact<{
  ipFilter: string;
  address: string;
}>;


export type TestIpFilterQuery = { testIPFilter: { allowed: boolean, line: number | null, rule: string | null, unreachableLines: Array<number> } };

export type CreateIpFilterMutationVariables = Exact<{
  input: IpFilterInput;
}>;


export type CreateIpFilterMutation = { createIPFilter: { id: string, name: string, ipFilter: string } };

export type UpdateIpFilterMutationVariables = Exact<{
  input: IpFilterUpdateInput;
}>;


export type UpdateIpFilterMutation = { updateIPFilter: { id: string, name: string, ipFilter: string } };

export type DeleteIpFilterMutationVariables = Exact<{
  input: IpFilterIdInput;
}>;


export type DeleteIpFilterMutation = { deleteIPFilter: boolean };

export type PoliciesFragment = { personalUserTokensEnabled: boolean, personalUserTokensEnforceExpirationAfterMs: number | null, viewPermissionTokensEnabled: boolean, viewPermissionTokensEnforceExpirationAfterMs: number | null, viewPermissionTokensAllowPermissionUpdates: boolean | null, organizationPermissionTokensEnabled: boolean, organizationPermissionTokensEnforceExpirationAfterMs: number | null, organizationPermissionTokensAllowPermissionUpdates: boolean | null, systemPermissionTokensEnabled: boolean, systemPermissionTokensEnforceExpirationAfterMs: number | null, systemPermissionTokensAllowPermissionUpdates: boolean | null, personalUserTokensEnforceIpFilter: { id: string, name: string } | null, viewPermissionTokensEnforceIpFilter: { id: string, name: string } | null, organizationPermissionTokensEnforceIpFilter: { id: string, name: string } | null, systemPermissionTokensEnforceIpFilter: { id: string, name: string, ipFilter: string } | null };

export type SecurityPoliciesQueryVariables = Exact<{ [key: string]: never; }>;


export type SecurityPoliciesQuery = { organization: { id: string, configs: { tokens: { personalUserTokensEnabled: boolean, personalUserTokensEnforceExpirationAfterMs: number | null, viewPermissionTokensEnabled: boolean, viewPermissionTokensEnforceExpirationAfterMs: number | null, viewPermissionTokensAllowPermissionUpdates: boolean | null, organizationPermissionTokensEnabled: boolean, organizationPermissionTokensEnforceExpirationAfterMs: number | null, organizationPermissionTokensAllowPermissionUpdates: boolean | null, systemPermissionTokensEnabled: boolean, systemPermissionTokensEnforceExpirationAfterMs: number | null, systemPermissionTokensAllowPermissionUpdates: boolean | null, personalUserTokensEnforceIpFilter: { id: string, name: string } | null, viewPermissionTokensEnforceIpFilter: { id: string, name: string } | null, organizationPermissionTokensEnforceIpFilter: { id: string, name: string } | null, systemPermissionTokensEnforceIpFilter: { id: string, name: string, ipFilter: string } | null } | null } } };

export type PolicyImpactQueryVariables = Exact<{
  input: TokenSecurityPoliciesInput;
  skip?: number | null | undefined;
  limit?: number | null | undefined;
}>;


export type PolicyImpactQuery = { tokenSecurityPoliciesImpact: { deleted: number, capped: number, refiltered: number, unchanged: number, busiestDays: Array<{ day: number, count: number }>, tokens: Array<{ effect: TokenPolicyEffect, newExpireAt: number | null, token: { id: string, name: string, note: string | null, expireAt: number | null, createdAt: number, permissions: Array<string>, createdBy: string, createdByName: string | null, issuedAt: number, lastUsedAt: number | null, lastUsedFrom: string | null, expired: boolean, replacedBy: string | null, replaces: string | null, endedAt: number | null, endedBy: string | null, endedByName: string | null, endMaximumMs: number | null, endReason: SystemTokenEndReason | null, lastTriedAt: number | null, lastTriedFrom: string | null, earlierUse: { tokenId: string, at: number, from: string | null } | null, ipFilterV2: { id: string, name: string } | null } }> } };

export type UpdatePoliciesMutationVariables = Exact<{
  input: TokenSecurityPoliciesInput;
}>;


export type UpdatePoliciesMutation = { updateTokenSecurityPolicies: { id: string } };

export type TokenRowFragment = { id: string, name: string, note: string | null, expireAt: number | null, createdAt: number, permissions: Array<string>, createdBy: string, createdByName: string | null, issuedAt: number, lastUsedAt: number | null, lastUsedFrom: string | null, expired: boolean, replacedBy: string | null, replaces: string | null, endedAt: number | null, endedBy: string | null, endedByName: string | null, endMaximumMs: number | null, endReason: SystemTokenEndReason | null, lastTriedAt: number | null, lastTriedFrom: string | null, earlierUse: { tokenId: string, at: number, from: string | null } | null, ipFilterV2: { id: string, name: string } | null };

export type SystemTokensQueryVariables = Exact<{
  searchFilter?: string | null | undefined;
  permissionFilter?: Array<SystemPermission> | SystemPermission | null | undefined;
  stateFilter?: Array<SystemTokenState> | SystemTokenState | null | undefined;
  expiresBefore?: number | null | undefined;
  unusedSince?: number | null | undefined;
  ipFilterIdFilter?: Array<string> | string | null | undefined;
  createdByFilter?: string | null | undefined;
  neverExpires?: boolean | null | undefined;
  withoutIpFilter?: boolean | null | undefined;
  sortBy?: Tokens__SortBy | null | undefined;
  orderBy?: OrderBy | null | undefined;
  skip?: number | null | undefined;
  limit?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SystemTokensQuery = { systemTokens: { totalResults: number, endCursor: string | null, hasNextPage: boolean, results: Array<{ id: string, name: string, note: string | null, expireAt: number | null, createdAt: number, permissions: Array<string>, createdBy: string, createdByName: string | null, issuedAt: number, lastUsedAt: number | null, lastUsedFrom: string | null, expired: boolean, replacedBy: string | null, replaces: string | null, endedAt: number | null, endedBy: string | null, endedByName: string | null, endMaximumMs: number | null, endReason: SystemTokenEndReason | null, lastTriedAt: number | null, lastTriedFrom: string | null, earlierUse: { tokenId: string, at: number, from: string | null } | null, ipFilterV2: { id: string, name: string } | null }> } };

export type MadeByQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type MadeByQuery = { systemTokens: { totalResults: number, results: Array<{ id: string }> } };

export type MakersQueryVariables = Exact<{
  name: string;
}>;


export type MakersQuery = { there: { totalResults: number, results: Array<{ id: string, name: string }> }, gone: { totalResults: number, results: Array<{ id: string, name: string, replacedBy: string | null }> } };

export type MakerNameQueryVariables = Exact<{
  id: string;
}>;


export type MakerNameQuery = { there: { results: Array<{ id: string, name: string }> }, gone: { results: Array<{ id: string, name: string }> }, made: { results: Array<{ createdBy: string, createdByName: string | null }> } };

export type TokenCountsQueryVariables = Exact<{
  expiresBefore?: number | null | undefined;
  unusedSince?: number | null | undefined;
}>;


export type TokenCountsQuery = { all: { totalResults: number }, soon: { totalResults: number }, endless: { totalResults: number }, unused: { totalResults: number }, unfiltered: { totalResults: number }, granting: { totalResults: number }, ended: { totalResults: number } };

export type TokenQueryVariables = Exact<{
  tokenId: string;
}>;


export type TokenQuery = { token:
    | { __typename: 'OrganizationPermissionsToken' }
    | { __typename: 'PersonalUserToken' }
    | { __typename: 'SystemPermissionsToken', ipFilter: string | null, id: string, name: string, note: string | null, expireAt: number | null, createdAt: number, permissions: Array<string>, createdBy: string, createdByName: string | null, issuedAt: number, lastUsedAt: number | null, lastUsedFrom: string | null, expired: boolean, replacedBy: string | null, replaces: string | null, endedAt: number | null, endedBy: string | null, endedByName: string | null, endMaximumMs: number | null, endReason: SystemTokenEndReason | null, lastTriedAt: number | null, lastTriedFrom: string | null, earlierUse: { tokenId: string, at: number, from: string | null } | null, ipFilterV2: { id: string, name: string } | null }
    | { __typename: 'ViewPermissionsToken' }
   };

export type SystemPermissionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SystemPermissionsQuery = { systemPermissions: Array<{ name: SystemPermission, label: string, group: string, description: string, warning: string | null }> };

export type CreateSystemTokenMutationVariables = Exact<{
  input: CreateSystemTokenInput;
}>;


export type CreateSystemTokenMutation = { createSystemToken: { token: string, tokenMetadata: { id: string, name: string, note: string | null, expireAt: number | null, createdAt: number, permissions: Array<string>, createdBy: string, createdByName: string | null, issuedAt: number, lastUsedAt: number | null, lastUsedFrom: string | null, expired: boolean, replacedBy: string | null, replaces: string | null, endedAt: number | null, endedBy: string | null, endedByName: string | null, endMaximumMs: number | null, endReason: SystemTokenEndReason | null, lastTriedAt: number | null, lastTriedFrom: string | null, earlierUse: { tokenId: string, at: number, from: string | null } | null, ipFilterV2: { id: string, name: string } | null } } };

export type RotateSystemTokenMutationVariables = Exact<{
  input: RotateSystemTokenInput;
}>;


export type RotateSystemTokenMutation = { rotateSystemToken: { token: string, tokenMetadata: { id: string, name: string, note: string | null, expireAt: number | null, createdAt: number, permissions: Array<string>, createdBy: string, createdByName: string | null, issuedAt: number, lastUsedAt: number | null, lastUsedFrom: string | null, expired: boolean, replacedBy: string | null, replaces: string | null, endedAt: number | null, endedBy: string | null, endedByName: string | null, endMaximumMs: number | null, endReason: SystemTokenEndReason | null, lastTriedAt: number | null, lastTriedFrom: string | null, earlierUse: { tokenId: string, at: number, from: string | null } | null, ipFilterV2: { id: string, name: string } | null } } };

export type UpdatePermissionsMutationVariables = Exact<{
  input: UpdateSystemPermissionsTokenPermissionsInput;
}>;


export type UpdatePermissionsMutation = { updateSystemPermissionsTokenPermissions: string };

export type UpdateNoteMutationVariables = Exact<{
  input: UpdateSystemTokenNoteInput;
}>;


export type UpdateNoteMutation = { updateSystemTokenNote: { id: string } };

export type DeleteSystemTokenMutationVariables = Exact<{
  input: InputData;
}>;


export type DeleteSystemTokenMutation = { deleteSystemToken: boolean };

export type DeleteSystemTokensMutationVariables = Exact<{
  input: DeleteSystemTokensInput;
}>;


export type DeleteSystemTokensMutation = { deleteSystemTokens: { deleted: number } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { id: string, username: string, isRoot: boolean, permissions: Array<SystemPermission>, expireAt: number | null, sessionExpiresAt: number | null, address: string | null }, meta: { version: string } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const PoliciesFragmentDoc = new TypedDocumentString(`
    fragment Policies on TokenSecurityPolicies {
  personalUserTokensEnabled
  personalUserTokensEnforceExpirationAfterMs
  personalUserTokensEnforceIpFilter {
    id
    name
  }
  viewPermissionTokensEnabled
  viewPermissionTokensEnforceExpirationAfterMs
  viewPermissionTokensEnforceIpFilter {
    id
    name
  }
  viewPermissionTokensAllowPermissionUpdates
  organizationPermissionTokensEnabled
  organizationPermissionTokensEnforceExpirationAfterMs
  organizationPermissionTokensEnforceIpFilter {
    id
    name
  }
  organizationPermissionTokensAllowPermissionUpdates
  systemPermissionTokensEnabled
  systemPermissionTokensEnforceExpirationAfterMs
  systemPermissionTokensEnforceIpFilter {
    id
    name
    ipFilter
  }
  systemPermissionTokensAllowPermissionUpdates
}
    `, {"fragmentName":"Policies"}) as unknown as TypedDocumentString<PoliciesFragment, unknown>;
export const TokenRowFragmentDoc = new TypedDocumentString(`
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
    `, {"fragmentName":"TokenRow"}) as unknown as TypedDocumentString<TokenRowFragment, unknown>;
export const AuditEventsDocument = new TypedDocumentString(`
    query AuditEvents($typeFilter: [String!], $actionFilter: [String!], $actorFilter: String, $tokenIdFilter: String, $allStrings: Boolean, $since: Long, $until: Long, $skip: Int, $limit: Int) {
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
    `) as unknown as TypedDocumentString<AuditEventsQuery, AuditEventsQueryVariables>;
export const IpFiltersDocument = new TypedDocumentString(`
    query IPFilters($skip: Int, $limit: Int) {
  ipFilters(skip: $skip, limit: $limit) {
    id
    name
    ipFilter
  }
}
    `) as unknown as TypedDocumentString<IpFiltersQuery, IpFiltersQueryVariables>;
export const IpFilterUsageDocument = new TypedDocumentString(`
    query IPFilterUsage($id: String!, $skip: Int, $limit: Int) {
  ipFilterUsage(id: $id, skip: $skip, limit: $limit) {
    totalTokens
    policies
    tokens {
      ...TokenRow
    }
  }
}
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
}`) as unknown as TypedDocumentString<IpFilterUsageQuery, IpFilterUsageQueryVariables>;
export const IpFilterImpactDocument = new TypedDocumentString(`
    query IPFilterImpact($input: IPFilterUpdateInput!, $limit: Int) {
  ipFilterImpact(input: $input, limit: $limit) {
    totalTokens
    refused
    admitted
    tokens {
      lastUsedFrom
      effect
      token {
        id
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<IpFilterImpactQuery, IpFilterImpactQueryVariables>;
export const TestIpFilterDocument = new TypedDocumentString(`
    query TestIPFilter($ipFilter: String!, $address: String!) {
  testIPFilter(ipFilter: $ipFilter, address: $address) {
    allowed
    line
    rule
    unreachableLines
  }
}
    `) as unknown as TypedDocumentString<TestIpFilterQuery, TestIpFilterQueryVariables>;
export const CreateIpFilterDocument = new TypedDocumentString(`
    mutation CreateIPFilter($input: IPFilterInput!) {
  createIPFilter(input: $input) {
    id
    name
    ipFilter
  }
}
    `) as unknown as TypedDocumentString<CreateIpFilterMutation, CreateIpFilterMutationVariables>;
export const UpdateIpFilterDocument = new TypedDocumentString(`
    mutation UpdateIPFilter($input: IPFilterUpdateInput!) {
  updateIPFilter(input: $input) {
    id
    name
    ipFilter
  }
}
    `) as unknown as TypedDocumentString<UpdateIpFilterMutation, UpdateIpFilterMutationVariables>;
export const DeleteIpFilterDocument = new TypedDocumentString(`
    mutation DeleteIPFilter($input: IPFilterIdInput!) {
  deleteIPFilter(input: $input)
}
    `) as unknown as TypedDocumentString<DeleteIpFilterMutation, DeleteIpFilterMutationVariables>;
export const SecurityPoliciesDocument = new TypedDocumentString(`
    query SecurityPolicies {
  organization {
    id
    configs {
      tokens {
        ...Policies
      }
    }
  }
}
    fragment Policies on TokenSecurityPolicies {
  personalUserTokensEnabled
  personalUserTokensEnforceExpirationAfterMs
  personalUserTokensEnforceIpFilter {
    id
    name
  }
  viewPermissionTokensEnabled
  viewPermissionTokensEnforceExpirationAfterMs
  viewPermissionTokensEnforceIpFilter {
    id
    name
  }
  viewPermissionTokensAllowPermissionUpdates
  organizationPermissionTokensEnabled
  organizationPermissionTokensEnforceExpirationAfterMs
  organizationPermissionTokensEnforceIpFilter {
    id
    name
  }
  organizationPermissionTokensAllowPermissionUpdates
  systemPermissionTokensEnabled
  systemPermissionTokensEnforceExpirationAfterMs
  systemPermissionTokensEnforceIpFilter {
    id
    name
    ipFilter
  }
  systemPermissionTokensAllowPermissionUpdates
}`) as unknown as TypedDocumentString<SecurityPoliciesQuery, SecurityPoliciesQueryVariables>;
export const PolicyImpactDocument = new TypedDocumentString(`
    query PolicyImpact($input: TokenSecurityPoliciesInput!, $skip: Int, $limit: Int) {
  tokenSecurityPoliciesImpact(input: $input, skip: $skip, limit: $limit) {
    deleted
    capped
    refiltered
    unchanged
    busiestDays {
      day
      count
    }
    tokens {
      effect
      newExpireAt
      token {
        ...TokenRow
      }
    }
  }
}
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
}`) as unknown as TypedDocumentString<PolicyImpactQuery, PolicyImpactQueryVariables>;
export const UpdatePoliciesDocument = new TypedDocumentString(`
    mutation UpdatePolicies($input: TokenSecurityPoliciesInput!) {
  updateTokenSecurityPolicies(input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<UpdatePoliciesMutation, UpdatePoliciesMutationVariables>;
export const SystemTokensDocument = new TypedDocumentString(`
    query SystemTokens($searchFilter: String, $permissionFilter: [SystemPermission!], $stateFilter: [SystemTokenState!], $expiresBefore: Long, $unusedSince: Long, $ipFilterIdFilter: [String!], $createdByFilter: String, $neverExpires: Boolean, $withoutIpFilter: Boolean, $sortBy: Tokens__SortBy, $orderBy: OrderBy, $skip: Int, $limit: Int, $after: String) {
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
}`) as unknown as TypedDocumentString<SystemTokensQuery, SystemTokensQueryVariables>;
export const MadeByDocument = new TypedDocumentString(`
    query MadeBy($ids: [String!]!) {
  systemTokens(createdByAnyFilter: $ids, stateFilter: [Active], limit: 1000) {
    totalResults
    results {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<MadeByQuery, MadeByQueryVariables>;
export const MakersDocument = new TypedDocumentString(`
    query Makers($name: String!) {
  there: systemTokens(searchFilter: $name, limit: 8) {
    totalResults
    results {
      id
      name
    }
  }
  gone: systemTokens(
    searchFilter: $name
    stateFilter: [Ended]
    sortBy: EndedAt
    orderBy: DESC
    limit: 8
  ) {
    totalResults
    results {
      id
      name
      replacedBy
    }
  }
}
    `) as unknown as TypedDocumentString<MakersQuery, MakersQueryVariables>;
export const MakerNameDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<MakerNameQuery, MakerNameQueryVariables>;
export const TokenCountsDocument = new TypedDocumentString(`
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
    `) as unknown as TypedDocumentString<TokenCountsQuery, TokenCountsQueryVariables>;
export const TokenDocument = new TypedDocumentString(`
    query Token($tokenId: String!) {
  token(tokenId: $tokenId) {
    __typename
    ...TokenRow
    ... on SystemPermissionsToken {
      ipFilter
    }
  }
}
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
}`) as unknown as TypedDocumentString<TokenQuery, TokenQueryVariables>;
export const SystemPermissionsDocument = new TypedDocumentString(`
    query SystemPermissions {
  systemPermissions {
    name
    label
    group
    description
    warning
  }
}
    `) as unknown as TypedDocumentString<SystemPermissionsQuery, SystemPermissionsQueryVariables>;
export const CreateSystemTokenDocument = new TypedDocumentString(`
    mutation CreateSystemToken($input: CreateSystemTokenInput!) {
  createSystemToken(input: $input) {
    token
    tokenMetadata {
      ...TokenRow
    }
  }
}
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
}`) as unknown as TypedDocumentString<CreateSystemTokenMutation, CreateSystemTokenMutationVariables>;
export const RotateSystemTokenDocument = new TypedDocumentString(`
    mutation RotateSystemToken($input: RotateSystemTokenInput!) {
  rotateSystemToken(input: $input) {
    token
    tokenMetadata {
      ...TokenRow
    }
  }
}
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
}`) as unknown as TypedDocumentString<RotateSystemTokenMutation, RotateSystemTokenMutationVariables>;
export const UpdatePermissionsDocument = new TypedDocumentString(`
    mutation UpdatePermissions($input: UpdateSystemPermissionsTokenPermissionsInput!) {
  updateSystemPermissionsTokenPermissions(input: $input)
}
    `) as unknown as TypedDocumentString<UpdatePermissionsMutation, UpdatePermissionsMutationVariables>;
export const UpdateNoteDocument = new TypedDocumentString(`
    mutation UpdateNote($input: UpdateSystemTokenNoteInput!) {
  updateSystemTokenNote(input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<UpdateNoteMutation, UpdateNoteMutationVariables>;
export const DeleteSystemTokenDocument = new TypedDocumentString(`
    mutation DeleteSystemToken($input: InputData!) {
  deleteSystemToken(input: $input)
}
    `) as unknown as TypedDocumentString<DeleteSystemTokenMutation, DeleteSystemTokenMutationVariables>;
export const DeleteSystemTokensDocument = new TypedDocumentString(`
    mutation DeleteSystemTokens($input: DeleteSystemTokensInput!) {
  deleteSystemTokens(input: $input) {
    deleted
  }
}
    `) as unknown as TypedDocumentString<DeleteSystemTokensMutation, DeleteSystemTokensMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    id
    username
    isRoot
    permissions
    expireAt
    sessionExpiresAt
    address
  }
  meta {
    version
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;