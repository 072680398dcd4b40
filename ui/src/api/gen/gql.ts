/* eslint-disable */
import * as types from './graphql';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query AuditEvents(\n    $typeFilter: [String!]\n    $actionFilter: [String!]\n    $actorFilter: String\n    $tokenIdFilter: String\n    $allStrings: Boolean\n    $since: Long\n    $until: Long\n    $skip: Int\n    $limit: Int\n  ) {\n    auditEvents(\n      typeFilter: $typeFilter\n      actionFilter: $actionFilter\n      actorFilter: $actorFilter\n      tokenIdFilter: $tokenIdFilter\n      allStrings: $allStrings\n      since: $since\n      until: $until\n      skip: $skip\n      limit: $limit\n    ) {\n      totalResults\n      results {\n        id\n        timestamp\n        type\n        actionName\n        sensitive\n        refused\n        tokenId\n        actor {\n          type\n          tokenId\n          tokenName\n          ip\n          requestId\n        }\n        fields {\n          name\n          value\n        }\n      }\n    }\n  }\n": typeof types.AuditEventsDocument,
    "\n  query IPFilters($skip: Int, $limit: Int) {\n    ipFilters(skip: $skip, limit: $limit) {\n      id\n      name\n      ipFilter\n    }\n  }\n": typeof types.IpFiltersDocument,
    "\n  query IPFilterUsage($id: String!, $skip: Int, $limit: Int) {\n    ipFilterUsage(id: $id, skip: $skip, limit: $limit) {\n      totalTokens\n      policies\n      tokens {\n        ...TokenRow\n      }\n    }\n  }\n": typeof types.IpFilterUsageDocument,
    "\n  query IPFilterImpact($input: IPFilterUpdateInput!, $limit: Int) {\n    ipFilterImpact(input: $input, limit: $limit) {\n      totalTokens\n      refused\n      admitted\n      tokens {\n        lastUsedFrom\n        effect\n        token {\n          id\n          name\n        }\n      }\n    }\n  }\n": typeof types.IpFilterImpactDocument,
    "\n  query TestIPFilter($ipFilter: String!, $address: String!) {\n    testIPFilter(ipFilter: $ipFilter, address: $address) {\n      allowed\n      line\n      rule\n      unreachableLines\n    }\n  }\n": typeof types.TestIpFilterDocument,
    "\n  mutation CreateIPFilter($input: IPFilterInput!) {\n    createIPFilter(input: $input) {\n      id\n      name\n      ipFilter\n    }\n  }\n": typeof types.CreateIpFilterDocument,
    "\n  mutation UpdateIPFilter($input: IPFilterUpdateInput!) {\n    updateIPFilter(input: $input) {\n      id\n      name\n      ipFilter\n    }\n  }\n": typeof types.UpdateIpFilterDocument,
    "\n  mutation DeleteIPFilter($input: IPFilterIdInput!) {\n    deleteIPFilter(input: $input)\n  }\n": typeof types.DeleteIpFilterDocument,
    "\n  fragment Policies on TokenSecurityPolicies {\n    personalUserTokensEnabled\n    personalUserTokensEnforceExpirationAfterMs\n    personalUserTokensEnforceIpFilter {\n      id\n      name\n    }\n    viewPermissionTokensEnabled\n    viewPermissionTokensEnforceExpirationAfterMs\n    viewPermissionTokensEnforceIpFilter {\n      id\n      name\n    }\n    viewPermissionTokensAllowPermissionUpdates\n    organizationPermissionTokensEnabled\n    organizationPermissionTokensEnforceExpirationAfterMs\n    organizationPermissionTokensEnforceIpFilter {\n      id\n      name\n    }\n    organizationPermissionTokensAllowPermissionUpdates\n    systemPermissionTokensEnabled\n    systemPermissionTokensEnforceExpirationAfterMs\n    systemPermissionTokensEnforceIpFilter {\n      id\n      name\n      ipFilter\n    }\n    systemPermissionTokensAllowPermissionUpdates\n  }\n": typeof types.PoliciesFragmentDoc,
    "\n  query SecurityPolicies {\n    organization {\n      id\n      configs {\n        tokens {\n          ...Policies\n        }\n      }\n    }\n  }\n": typeof types.SecurityPoliciesDocument,
    "\n  query PolicyImpact($input: TokenSecurityPoliciesInput!, $skip: Int, $limit: Int) {\n    tokenSecurityPoliciesImpact(input: $input, skip: $skip, limit: $limit) {\n      deleted\n      capped\n      refiltered\n      unchanged\n      busiestDays {\n        day\n        count\n      }\n      tokens {\n        effect\n        newExpireAt\n        token {\n          ...TokenRow\n        }\n      }\n    }\n  }\n": typeof types.PolicyImpactDocument,
    "\n  mutation UpdatePolicies($input: TokenSecurityPoliciesInput!) {\n    updateTokenSecurityPolicies(input: $input) {\n      id\n    }\n  }\n": typeof types.UpdatePoliciesDocument,
    "\n  fragment TokenRow on SystemPermissionsToken {\n    id\n    name\n    note\n    expireAt\n    createdAt\n    permissions\n    createdBy\n    createdByName\n    issuedAt\n    lastUsedAt\n    lastUsedFrom\n    earlierUse {\n      tokenId\n      at\n      from\n    }\n    expired\n    replacedBy\n    replaces\n    endedAt\n    endedBy\n    endedByName\n    endMaximumMs\n    endReason\n    lastTriedAt\n    lastTriedFrom\n    ipFilterV2 {\n      id\n      name\n    }\n  }\n": typeof types.TokenRowFragmentDoc,
    "\n  query SystemTokens(\n    $searchFilter: String\n    $permissionFilter: [SystemPermission!]\n    $stateFilter: [SystemTokenState!]\n    $expiresBefore: Long\n    $unusedSince: Long\n    $ipFilterIdFilter: [String!]\n    $createdByFilter: String\n    $neverExpires: Boolean\n    $withoutIpFilter: Boolean\n    $sortBy: Tokens__SortBy\n    $orderBy: OrderBy\n    $skip: Int\n    $limit: Int\n    $after: String\n  ) {\n    systemTokens(\n      searchFilter: $searchFilter\n      permissionFilter: $permissionFilter\n      stateFilter: $stateFilter\n      expiresBefore: $expiresBefore\n      unusedSince: $unusedSince\n      ipFilterIdFilter: $ipFilterIdFilter\n      createdByFilter: $createdByFilter\n      neverExpires: $neverExpires\n      withoutIpFilter: $withoutIpFilter\n      sortBy: $sortBy\n      orderBy: $orderBy\n      skip: $skip\n      limit: $limit\n      after: $after\n    ) {\n      totalResults\n      endCursor\n      hasNextPage\n      results {\n        ...TokenRow\n      }\n    }\n  }\n": typeof types.SystemTokensDocument,
    "\n  query MadeBy($ids: [String!]!) {\n    systemTokens(createdByAnyFilter: $ids, stateFilter: [Active], limit: 1000) {\n      totalResults\n      results {\n        id\n      }\n    }\n  }\n": typeof types.MadeByDocument,
    "\n  query Makers($name: String!) {\n    there: systemTokens(searchFilter: $name, limit: 8) {\n      totalResults\n      results {\n        id\n        name\n      }\n    }\n    gone: systemTokens(searchFilter: $name, stateFilter: [Ended], sortBy: EndedAt, orderBy: DESC, limit: 8) {\n      totalResults\n      results {\n        id\n        name\n        replacedBy\n      }\n    }\n  }\n": typeof types.MakersDocument,
    "\n  query MakerName($id: String!) {\n    there: systemTokens(searchFilter: $id, limit: 1) {\n      results {\n        id\n        name\n      }\n    }\n    gone: systemTokens(searchFilter: $id, stateFilter: [Ended], limit: 1) {\n      results {\n        id\n        name\n      }\n    }\n    made: systemTokens(createdByFilter: $id, limit: 1) {\n      results {\n        createdBy\n        createdByName\n      }\n    }\n  }\n": typeof types.MakerNameDocument,
    "\n  query TokenCounts($expiresBefore: Long, $unusedSince: Long) {\n    all: systemTokens(limit: 0) {\n      totalResults\n    }\n    soon: systemTokens(expiresBefore: $expiresBefore, limit: 0) {\n      totalResults\n    }\n    endless: systemTokens(neverExpires: true, limit: 0) {\n      totalResults\n    }\n    unused: systemTokens(unusedSince: $unusedSince, limit: 0) {\n      totalResults\n    }\n    unfiltered: systemTokens(withoutIpFilter: true, limit: 0) {\n      totalResults\n    }\n    granting: systemTokens(permissionFilter: [ChangeSystemPermissions], limit: 0) {\n      totalResults\n    }\n    ended: systemTokens(stateFilter: [Ended], limit: 0) {\n      totalResults\n    }\n  }\n": typeof types.TokenCountsDocument,
    "\n  query Token($tokenId: String!) {\n    token(tokenId: $tokenId) {\n      __typename\n      ...TokenRow\n      ... on SystemPermissionsToken {\n        ipFilter\n      }\n    }\n  }\n": typeof types.TokenDocument,
    "\n  query SystemPermissions {\n    systemPermissions {\n      name\n      label\n      group\n      description\n      warning\n    }\n  }\n": typeof types.SystemPermissionsDocument,
    "\n  mutation CreateSystemToken($input: CreateSystemTokenInput!) {\n    createSystemToken(input: $input) {\n      token\n      tokenMetadata {\n        ...TokenRow\n      }\n    }\n  }\n": typeof types.CreateSystemTokenDocument,
    "\n  mutation RotateSystemToken($input: RotateSystemTokenInput!) {\n    rotateSystemToken(input: $input) {\n      token\n      tokenMetadata {\n        ...TokenRow\n      }\n    }\n  }\n": typeof types.RotateSystemTokenDocument,
    "\n  mutation UpdatePermissions($input: UpdateSystemPermissionsTokenPermissionsInput!) {\n    updateSystemPermissionsTokenPermissions(input: $input)\n  }\n": typeof types.UpdatePermissionsDocument,
    "\n  mutation UpdateNote($input: UpdateSystemTokenNoteInput!) {\n    updateSystemTokenNote(input: $input) {\n      id\n    }\n  }\n": typeof types.UpdateNoteDocument,
    "\n  mutation DeleteSystemToken($input: InputData!) {\n    deleteSystemToken(input: $input)\n  }\n": typeof types.DeleteSystemTokenDocument,
    "\n  mutation DeleteSystemTokens($input: DeleteSystemTokensInput!) {\n    deleteSystemTokens(input: $input) {\n      deleted\n    }\n  }\n": typeof types.DeleteSystemTokensDocument,
    "\n  query Viewer {\n    viewer {\n      id\n      username\n      isRoot\n      permissions\n      expireAt\n      sessionExpiresAt\n      address\n    }\n    meta {\n      version\n    }\n  }\n": typeof types.ViewerDocument,
};
const documents: Documents = {
    "\n  query AuditEvents(\n    $typeFilter: [String!]\n    $actionFilter: [String!]\n    $actorFilter: String\n    $tokenIdFilter: String\n    $allStrings: Boolean\n    $since: Long\n    $until: Long\n    $skip: Int\n    $limit: Int\n  ) {\n    auditEvents(\n      typeFilter: $typeFilter\n      actionFilter: $actionFilter\n      actorFilter: $actorFilter\n      tokenIdFilter: $tokenIdFilter\n      allStrings: $allStrings\n      since: $since\n      until: $until\n      skip: $skip\n      limit: $limit\n    ) {\n      totalResults\n      results {\n        id\n        timestamp\n        type\n        actionName\n        sensitive\n        refused\n        tokenId\n        actor {\n          type\n          tokenId\n          tokenName\n          ip\n          requestId\n        }\n        fields {\n          name\n          value\n        }\n      }\n    }\n  }\n": types.AuditEventsDocument,
    "\n  query IPFilters($skip: Int, $limit: Int) {\n    ipFilters(skip: $skip, limit: $limit) {\n      id\n      name\n      ipFilter\n    }\n  }\n": types.IpFiltersDocument,
    "\n  query IPFilterUsage($id: String!, $skip: Int, $limit: Int) {\n    ipFilterUsage(id: $id, skip: $skip, limit: $limit) {\n      totalTokens\n      policies\n      tokens {\n        ...TokenRow\n      }\n    }\n  }\n": types.IpFilterUsageDocument,
    "\n  query IPFilterImpact($input: IPFilterUpdateInput!, $limit: Int) {\n    ipFilterImpact(input: $input, limit: $limit) {\n      totalTokens\n      refused\n      admitted\n      tokens {\n        lastUsedFrom\n        effect\n        token {\n          id\n          name\n        }\n      }\n    }\n  }\n": types.IpFilterImpactDocument,
    "\n  query TestIPFilter($ipFilter: String!, $address: String!) {\n    testIPFilter(ipFilter: $ipFilter, address: $address) {\n      allowed\n      line\n      rule\n      unreachableLines\n    }\n  }\n": types.TestIpFilterDocument,
    "\n  mutation CreateIPFilter($input: IPFilterInput!) {\n    createIPFilter(input: $input) {\n      id\n      name\n      ipFilter\n    }\n  }\n": types.CreateIpFilterDocument,
    "\n  mutation UpdateIPFilter($input: IPFilterUpdateInput!) {\n    updateIPFilter(input: $input) {\n      id\n      name\n      ipFilter\n    }\n  }\n": types.UpdateIpFilterDocument,
    "\n  mutation DeleteIPFilter($input: IPFilterIdInput!) {\n    deleteIPFilter(input: $input)\n  }\n": types.DeleteIpFilterDocument,
    "\n  fragment Policies on TokenSecurityPolicies {\n    personalUserTokensEnabled\n    personalUserTokensEnforceExpirationAfterMs\n    personalUserTokensEnforceIpFilter {\n      id\n      name\n    }\n    viewPermissionTokensEnabled\n    viewPermissionTokensEnforceExpirationAfterMs\n    viewPermissionTokensEnforceIpFilter {\n      id\n      name\n    }\n    viewPermissionTokensAllowPermissionUpdates\n    organizationPermissionTokensEnabled\n    organizationPermissionTokensEnforceExpirationAfterMs\n    organizationPermissionTokensEnforceIpFilter {\n      id\n      name\n    }\n    organizationPermissionTokensAllowPermissionUpdates\n    systemPermissionTokensEnabled\n    systemPermissionTokensEnforceExpirationAfterMs\n    systemPermissionTokensEnforceIpFilter {\n      id\n      name\n      ipFilter\n    }\n    systemPermissionTokensAllowPermissionUpdates\n  }\n": types.PoliciesFragmentDoc,
    "\n  query SecurityPolicies {\n    organization {\n      id\n      configs {\n        tokens {\n          ...Policies\n        }\n      }\n    }\n  }\n": types.SecurityPoliciesDocument,
    "\n  query PolicyImpact($input: TokenSecurityPoliciesInput!, $skip: Int, $limit: Int) {\n    tokenSecurityPoliciesImpact(input: $input, skip: $skip, limit: $limit) {\n      deleted\n      capped\n      refiltered\n      unchanged\n      busiestDays {\n        day\n        count\n      }\n      tokens {\n        effect\n        newExpireAt\n        token {\n          ...TokenRow\n        }\n      }\n    }\n  }\n": types.PolicyImpactDocument,
    "\n  mutation UpdatePolicies($input: TokenSecurityPoliciesInput!) {\n    updateTokenSecurityPolicies(input: $input) {\n      id\n    }\n  }\n": types.UpdatePoliciesDocument,
    "\n  fragment TokenRow on SystemPermissionsToken {\n    id\n    name\n    note\n    expireAt\n    createdAt\n    permissions\n    createdBy\n    createdByName\n    issuedAt\n    lastUsedAt\n    lastUsedFrom\n    earlierUse {\n      tokenId\n      at\n      from\n    }\n    expired\n    replacedBy\n    replaces\n    endedAt\n    endedBy\n    endedByName\n    endMaximumMs\n    endReason\n    lastTriedAt\n    lastTriedFrom\n    ipFilterV2 {\n      id\n      name\n    }\n  }\n": types.TokenRowFragmentDoc,
    "\n  query SystemTokens(\n    $searchFilter: String\n    $permissionFilter: [SystemPermission!]\n    $stateFilter: [SystemTokenState!]\n    $expiresBefore: Long\n    $unusedSince: Long\n    $ipFilterIdFilter: [String!]\n    $createdByFilter: String\n    $neverExpires: Boolean\n    $withoutIpFilter: Boolean\n    $sortBy: Tokens__SortBy\n    $orderBy: OrderBy\n    $skip: Int\n    $limit: Int\n    $after: String\n  ) {\n    systemTokens(\n      searchFilter: $searchFilter\n      permissionFilter: $permissionFilter\n      stateFilter: $stateFilter\n      expiresBefore: $expiresBefore\n      unusedSince: $unusedSince\n      ipFilterIdFilter: $ipFilterIdFilter\n      createdByFilter: $createdByFilter\n      neverExpires: $neverExpires\n      withoutIpFilter: $withoutIpFilter\n      sortBy: $sortBy\n      orderBy: $orderBy\n      skip: $skip\n      limit: $limit\n      after: $after\n    ) {\n      totalResults\n      endCursor\n      hasNextPage\n      results {\n        ...TokenRow\n      }\n    }\n  }\n": types.SystemTokensDocument,
    "\n  query MadeBy($ids: [String!]!) {\n    systemTokens(createdByAnyFilter: $ids, stateFilter: [Active], limit: 1000) {\n      totalResults\n      results {\n        id\n      }\n    }\n  }\n": types.MadeByDocument,
    "\n  query Makers($name: String!) {\n    there: systemTokens(searchFilter: $name, limit: 8) {\n      totalResults\n      results {\n        id\n        name\n      }\n    }\n    gone: systemTokens(searchFilter: $name, stateFilter: [Ended], sortBy: EndedAt, orderBy: DESC, limit: 8) {\n      totalResults\n      results {\n        id\n        name\n        replacedBy\n      }\n    }\n  }\n": types.MakersDocument,
    "\n  query MakerName($id: String!) {\n    there: systemTokens(searchFilter: $id, limit: 1) {\n      results {\n        id\n        name\n      }\n    }\n    gone: systemTokens(searchFilter: $id, stateFilter: [Ended], limit: 1) {\n      results {\n        id\n        name\n      }\n    }\n    made: systemTokens(createdByFilter: $id, limit: 1) {\n      results {\n        createdBy\n        createdByName\n      }\n    }\n  }\n": types.MakerNameDocument,
    "\n  query TokenCounts($expiresBefore: Long, $unusedSince: Long) {\n    all: systemTokens(limit: 0) {\n      totalResults\n    }\n    soon: systemTokens(expiresBefore: $expiresBefore, limit: 0) {\n      totalResults\n    }\n    endless: systemTokens(neverExpires: true, limit: 0) {\n      totalResults\n    }\n    unused: systemTokens(unusedSince: $unusedSince, limit: 0) {\n      totalResults\n    }\n    unfiltered: systemTokens(withoutIpFilter: true, limit: 0) {\n      totalResults\n    }\n    granting: systemTokens(permissionFilter: [ChangeSystemPermissions], limit: 0) {\n      totalResults\n    }\n    ended: systemTokens(stateFilter: [Ended], limit: 0) {\n      totalResults\n    }\n  }\n": types.TokenCountsDocument,
    "\n  query Token($tokenId: String!) {\n    token(tokenId: $tokenId) {\n      __typename\n      ...TokenRow\n      ... on SystemPermissionsToken {\n        ipFilter\n      }\n    }\n  }\n": types.TokenDocument,
    "\n  query SystemPermissions {\n    systemPermissions {\n      name\n      label\n      group\n      description\n      warning\n    }\n  }\n": types.SystemPermissionsDocument,
    "\n  mutation CreateSystemToken($input: CreateSystemTokenInput!) {\n    createSystemToken(input: $input) {\n      token\n      tokenMetadata {\n        ...TokenRow\n      }\n    }\n  }\n": types.CreateSystemTokenDocument,
    "\n  mutation RotateSystemToken($input: RotateSystemTokenInput!) {\n    rotateSystemToken(input: $input) {\n      token\n      tokenMetadata {\n        ...TokenRow\n      }\n    }\n  }\n": types.RotateSystemTokenDocument,
    "\n  mutation UpdatePermissions($input: UpdateSystemPermissionsTokenPermissionsInput!) {\n    updateSystemPermissionsTokenPermissions(input: $input)\n  }\n": types.UpdatePermissionsDocument,
    "\n  mutation UpdateNote($input: UpdateSystemTokenNoteInput!) {\n    updateSystemTokenNote(input: $input) {\n      id\n    }\n  }\n": types.UpdateNoteDocument,
    "\n  mutation DeleteSystemToken($input: InputData!) {\n    deleteSystemToken(input: $input)\n  }\n": types.DeleteSystemTokenDocument,
    "\n  mutation DeleteSystemTokens($input: DeleteSystemTokensInput!) {\n    deleteSystemTokens(input: $input) {\n      deleted\n    }\n  }\n": types.DeleteSystemTokensDocument,
    "\n  query Viewer {\n    viewer {\n      id\n      username\n      isRoot\n      permissions\n      expireAt\n      sessionExpiresAt\n      address\n    }\n    meta {\n      version\n    }\n  }\n": types.ViewerDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AuditEvents(\n    $typeFilter: [String!]\n    $actionFilter: [String!]\n    $actorFilter: String\n    $tokenIdFilter: String\n    $allStrings: Boolean\n    $since: Long\n    $until: Long\n    $skip: Int\n    $limit: Int\n  ) {\n    auditEvents(\n      typeFilter: $typeFilter\n      actionFilter: $actionFilter\n      actorFilter: $actorFilter\n      tokenIdFilter: $tokenIdFilter\n      allStrings: $allStrings\n      since: $since\n      until: $until\n      skip: $skip\n      limit: $limit\n    ) {\n      totalResults\n      results {\n        id\n        timestamp\n        type\n        actionName\n        sensitive\n        refused\n        tokenId\n        actor {\n          type\n          tokenId\n          tokenName\n          ip\n          requestId\n        }\n        fields {\n          name\n          value\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').AuditEventsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query IPFilters($skip: Int, $limit: Int) {\n    ipFilters(skip: $skip, limit: $limit) {\n      id\n      name\n      ipFilter\n    }\n  }\n"): typeof import('./graphql').IpFiltersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query IPFilterUsage($id: String!, $skip: Int, $limit: Int) {\n    ipFilterUsage(id: $id, skip: $skip, limit: $limit) {\n      totalTokens\n      policies\n      tokens {\n        ...TokenRow\n      }\n    }\n  }\n"): typeof import('./graphql').IpFilterUsageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query IPFilterImpact($input: IPFilterUpdateInput!, $limit: Int) {\n    ipFilterImpact(input: $input, limit: $limit) {\n      totalTokens\n      refused\n      admitted\n      tokens {\n        lastUsedFrom\n        effect\n        token {\n          id\n          name\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').IpFilterImpactDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TestIPFilter($ipFilter: String!, $address: String!) {\n    testIPFilter(ipFilter: $ipFilter, address: $address) {\n      allowed\n      line\n      rule\n      unreachableLines\n    }\n  }\n"): typeof import('./graphql').TestIpFilterDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateIPFilter($input: IPFilterInput!) {\n    createIPFilter(input: $input) {\n      id\n      name\n      ipFilter\n    }\n  }\n"): typeof import('./graphql').CreateIpFilterDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateIPFilter($input: IPFilterUpdateInput!) {\n    updateIPFilter(input: $input) {\n      id\n      name\n      ipFilter\n    }\n  }\n"): typeof import('./graphql').UpdateIpFilterDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteIPFilter($input: IPFilterIdInput!) {\n    deleteIPFilter(input: $input)\n  }\n"): typeof import('./graphql').DeleteIpFilterDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment Policies on TokenSecurityPolicies {\n    personalUserTokensEnabled\n    personalUserTokensEnforceExpirationAfterMs\n    personalUserTokensEnforceIpFilter {\n      id\n      name\n    }\n    viewPermissionTokensEnabled\n    viewPermissionTokensEnforceExpirationAfterMs\n    viewPermissionTokensEnforceIpFilter {\n      id\n      name\n    }\n    viewPermissionTokensAllowPermissionUpdates\n    organizationPermissionTokensEnabled\n    organizationPermissionTokensEnforceExpirationAfterMs\n    organizationPermissionTokensEnforceIpFilter {\n      id\n      name\n    }\n    organizationPermissionTokensAllowPermissionUpdates\n    systemPermissionTokensEnabled\n    systemPermissionTokensEnforceExpirationAfterMs\n    systemPermissionTokensEnforceIpFilter {\n      id\n      name\n      ipFilter\n    }\n    systemPermissionTokensAllowPermissionUpdates\n  }\n"): typeof import('./graphql').PoliciesFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SecurityPolicies {\n    organization {\n      id\n      configs {\n        tokens {\n          ...Policies\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').SecurityPoliciesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PolicyImpact($input: TokenSecurityPoliciesInput!, $skip: Int, $limit: Int) {\n    tokenSecurityPoliciesImpact(input: $input, skip: $skip, limit: $limit) {\n      deleted\n      capped\n      refiltered\n      unchanged\n      busiestDays {\n        day\n        count\n      }\n      tokens {\n        effect\n        newExpireAt\n        token {\n          ...TokenRow\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').PolicyImpactDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdatePolicies($input: TokenSecurityPoliciesInput!) {\n    updateTokenSecurityPolicies(input: $input) {\n      id\n    }\n  }\n"): typeof import('./graphql').UpdatePoliciesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment TokenRow on SystemPermissionsToken {\n    id\n    name\n    note\n    expireAt\n    createdAt\n    permissions\n    createdBy\n    createdByName\n    issuedAt\n    lastUsedAt\n    lastUsedFrom\n    earlierUse {\n      tokenId\n      at\n      from\n    }\n    expired\n    replacedBy\n    replaces\n    endedAt\n    endedBy\n    endedByName\n    endMaximumMs\n    endReason\n    lastTriedAt\n    lastTriedFrom\n    ipFilterV2 {\n      id\n      name\n    }\n  }\n"): typeof import('./graphql').TokenRowFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SystemTokens(\n    $searchFilter: String\n    $permissionFilter: [SystemPermission!]\n    $stateFilter: [SystemTokenState!]\n    $expiresBefore: Long\n    $unusedSince: Long\n    $ipFilterIdFilter: [String!]\n    $createdByFilter: String\n    $neverExpires: Boolean\n    $withoutIpFilter: Boolean\n    $sortBy: Tokens__SortBy\n    $orderBy: OrderBy\n    $skip: Int\n    $limit: Int\n    $after: String\n  ) {\n    systemTokens(\n      searchFilter: $searchFilter\n      permissionFilter: $permissionFilter\n      stateFilter: $stateFilter\n      expiresBefore: $expiresBefore\n      unusedSince: $unusedSince\n      ipFilterIdFilter: $ipFilterIdFilter\n      createdByFilter: $createdByFilter\n      neverExpires: $neverExpires\n      withoutIpFilter: $withoutIpFilter\n      sortBy: $sortBy\n      orderBy: $orderBy\n      skip: $skip\n      limit: $limit\n      after: $after\n    ) {\n      totalResults\n      endCursor\n      hasNextPage\n      results {\n        ...TokenRow\n      }\n    }\n  }\n"): typeof import('./graphql').SystemTokensDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query MadeBy($ids: [String!]!) {\n    systemTokens(createdByAnyFilter: $ids, stateFilter: [Active], limit: 1000) {\n      totalResults\n      results {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql').MadeByDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Makers($name: String!) {\n    there: systemTokens(searchFilter: $name, limit: 8) {\n      totalResults\n      results {\n        id\n        name\n      }\n    }\n    gone: systemTokens(searchFilter: $name, stateFilter: [Ended], sortBy: EndedAt, orderBy: DESC, limit: 8) {\n      totalResults\n      results {\n        id\n        name\n        replacedBy\n      }\n    }\n  }\n"): typeof import('./graphql').MakersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query MakerName($id: String!) {\n    there: systemTokens(searchFilter: $id, limit: 1) {\n      results {\n        id\n        name\n      }\n    }\n    gone: systemTokens(searchFilter: $id, stateFilter: [Ended], limit: 1) {\n      results {\n        id\n        name\n      }\n    }\n    made: systemTokens(createdByFilter: $id, limit: 1) {\n      results {\n        createdBy\n        createdByName\n      }\n    }\n  }\n"): typeof import('./graphql').MakerNameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TokenCounts($expiresBefore: Long, $unusedSince: Long) {\n    all: systemTokens(limit: 0) {\n      totalResults\n    }\n    soon: systemTokens(expiresBefore: $expiresBefore, limit: 0) {\n      totalResults\n    }\n    endless: systemTokens(neverExpires: true, limit: 0) {\n      totalResults\n    }\n    unused: systemTokens(unusedSince: $unusedSince, limit: 0) {\n      totalResults\n    }\n    unfiltered: systemTokens(withoutIpFilter: true, limit: 0) {\n      totalResults\n    }\n    granting: systemTokens(permissionFilter: [ChangeSystemPermissions], limit: 0) {\n      totalResults\n    }\n    ended: systemTokens(stateFilter: [Ended], limit: 0) {\n      totalResults\n    }\n  }\n"): typeof import('./graphql').TokenCountsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Token($tokenId: String!) {\n    token(tokenId: $tokenId) {\n      __typename\n      ...TokenRow\n      ... on SystemPermissionsToken {\n        ipFilter\n      }\n    }\n  }\n"): typeof import('./graphql').TokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SystemPermissions {\n    systemPermissions {\n      name\n      label\n      group\n      description\n      warning\n    }\n  }\n"): typeof import('./graphql').SystemPermissionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateSystemToken($input: CreateSystemTokenInput!) {\n    createSystemToken(input: $input) {\n      token\n      tokenMetadata {\n        ...TokenRow\n      }\n    }\n  }\n"): typeof import('./graphql').CreateSystemTokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RotateSystemToken($input: RotateSystemTokenInput!) {\n    rotateSystemToken(input: $input) {\n      token\n      tokenMetadata {\n        ...TokenRow\n      }\n    }\n  }\n"): typeof import('./graphql').RotateSystemTokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdatePermissions($input: UpdateSystemPermissionsTokenPermissionsInput!) {\n    updateSystemPermissionsTokenPermissions(input: $input)\n  }\n"): typeof import('./graphql').UpdatePermissionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateNote($input: UpdateSystemTokenNoteInput!) {\n    updateSystemTokenNote(input: $input) {\n      id\n    }\n  }\n"): typeof import('./graphql').UpdateNoteDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteSystemToken($input: InputData!) {\n    deleteSystemToken(input: $input)\n  }\n"): typeof import('./graphql').DeleteSystemTokenDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteSystemTokens($input: DeleteSystemTokensInput!) {\n    deleteSystemTokens(input: $input) {\n      deleted\n    }\n  }\n"): typeof import('./graphql').DeleteSystemTokensDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Viewer {\n    viewer {\n      id\n      username\n      isRoot\n      permissions\n      expireAt\n      sessionExpiresAt\n      address\n    }\n    meta {\n      version\n    }\n  }\n"): typeof import('./graphql').ViewerDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
