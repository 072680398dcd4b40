// The first steps, and what those who look after tokens ask most, ready to be run. Opening one runs
// nothing.

export type Example = {
  /** The question it answers, or what it does. */
  title: string;
  group: 'Find' | 'Judge' | 'Act' | 'Before it bites';
  query: string;
  /** Its variables, as they are at this moment, in milliseconds since 1970. */
  variables?: (now: number) => unknown;
};

const day = 24 * 60 * 60 * 1000;
const anId = 'the id of a token';

const everyPolicy = {
  personalUserTokensEnabled: true,
  viewPermissionTokensEnabled: true,
  viewPermissionTokensAllowPermissionUpdates: false,
  organizationPermissionTokensEnabled: true,
  organizationPermissionTokensAllowPermissionUpdates: false,
  systemPermissionTokensEnabled: true,
  systemPermissionTokensEnforceExpirationAfterMs: 90 * day,
};

const whoAmI: Example = {
  title: 'Who am I, and what may I do?',
  group: 'Find',
  query: `# Who am I, and what may I do?
query WhoAmI {
  viewer {
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
`,
};

export const examples: readonly [Example, ...Example[]] = [
  whoAmI,
  {
    title: 'Who may manage the cluster?',
    group: 'Find',
    query: `# Tokens that hold any of these permissions.
query WhoMay($permissions: [SystemPermission!]) {
  systemTokens(permissionFilter: $permissions) {
    totalResults
    results {
      id
      name
      permissions
      createdByName
      lastUsedAt
    }
  }
}
`,
    variables: () => ({ permissions: ['ManageCluster'] }),
  },
  {
    title: 'What was not used for 90 days?',
    group: 'Find',
    query: `# Tokens that nobody used since then, and whose string is older than that.
query Unused($since: Long, $after: String) {
  systemTokens(unusedSince: $since, sortBy: LastUsedAt, limit: 50, after: $after) {
    totalResults
    hasNextPage
    endCursor
    results {
      id
      name
      lastUsedAt
      lastUsedFrom
      issuedAt
    }
  }
}
`,
    variables: (now) => ({ since: now - 90 * day, after: null }),
  },
  {
    title: 'What ends within 30 days?',
    group: 'Find',
    query: `# Tokens that end before then, those that end first at the top.
query EndsSoon($before: Long) {
  systemTokens(expiresBefore: $before, stateFilter: [Active], sortBy: ExpirationDate) {
    totalResults
    results {
      id
      name
      expireAt
      lastUsedAt
      createdByName
    }
  }
}
`,
    variables: (now) => ({ before: now + 30 * day }),
  },
  {
    title: 'I revoked it: who still uses it?',
    group: 'Judge',
    query: `# Tokens that have ended, and from where their strings were last tried.
query StillTried($filter: String) {
  systemTokens(searchFilter: $filter, stateFilter: [Ended]) {
    totalResults
    results {
      name
      endReason
      endedAt
      endedByName
      lastTriedAt
      lastTriedFrom
    }
  }
}
`,
    variables: () => ({ filter: '' }),
  },
  {
    title: 'Who did what, and when?',
    group: 'Judge',
    query: `# The audit log, newest first. A filter that is null lets everything through.
query WhoDidWhat($token: String, $actor: String, $actions: [String!], $since: Long) {
  auditEvents(tokenIdFilter: $token, actorFilter: $actor, actionFilter: $actions, since: $since, limit: 20) {
    totalResults
    results {
      timestamp
      actionName
      refused
      tokenId
      actor {
        tokenName
        ip
      }
      fields {
        name
        value
      }
    }
  }
}
`,
    variables: (now) => ({ token: null, actor: null, actions: null, since: now - 7 * day }),
  },
  {
    title: 'Make a token for a machine',
    group: 'Act',
    query: `# Its string is in the answer of this, and nowhere else ever again.
mutation CreateToken($input: CreateSystemTokenInput!) {
  createSystemToken(input: $input) {
    token
    tokenMetadata {
      id
      name
      expireAt
    }
  }
}
`,
    variables: () => ({
      input: { name: 'health probe', permissions: ['ReadHealthCheck'], expiresIn: { amount: 12, unit: 'Hours' }, ipFilterId: null },
    }),
  },
  {
    title: 'Make one like this one',
    group: 'Act',
    query: `# First: what is it like? Write that into the variables.
query Original($id: String!) {
  token(tokenId: $id) {
    name
    expireAt
    ipFilterV2 {
      id
    }
    ... on SystemPermissionsToken {
      permissions
    }
  }
}

# Then: a second one. Its string is in the answer of this, and nowhere else ever again.
mutation Clone($input: CreateSystemTokenInput!) {
  createSystemToken(input: $input) {
    token
    tokenMetadata {
      id
      name
      expireAt
    }
  }
}
`,
    variables: () => ({
      id: anId,
      input: { name: 'its double', permissions: ['ReadHealthCheck'], expiresIn: { amount: 90, unit: 'Days' }, ipFilterId: null },
    }),
  },
  {
    title: 'Give a token another string',
    group: 'Act',
    query: `# The old string works for an hour more, and nothing else changes. If it has leaked: 0.
# The id is what stands before the ~ in the string.
mutation RotateToken($input: RotateSystemTokenInput!) {
  rotateSystemToken(input: $input) {
    token
    tokenMetadata {
      id
      name
      expireAt
    }
  }
}
`,
    variables: () => ({ input: { id: anId, gracePeriodMs: 3_600_000 } }),
  },
  {
    title: 'Revoke these twenty',
    group: 'Act',
    query: `# All of them or none. They are refused from the moment this returns.
mutation RevokeTokens($input: DeleteSystemTokensInput!) {
  deleteSystemTokens(input: $input) {
    deleted
  }
}
`,
    variables: () => ({ input: { ids: [anId, 'the id of another'] } }),
  },
  {
    title: 'Make a filter from my own address',
    group: 'Before it bites',
    query: `# First: where do I come from, as the server sees it?
query MyAddress {
  viewer {
    address
  }
}

# Then: would that address pass these rules, and by which line?
query TryRules($rules: String!, $address: String!) {
  testIPFilter(ipFilter: $rules, address: $address) {
    allowed
    line
    rule
    unreachableLines
  }
}

# Then: keep the rules. A token is bound by the id in the answer (ipFilterId when it is made).
mutation CreateFilter($name: String!, $rules: String!) {
  createIPFilter(input: {name: $name, ipFilter: $rules}) {
    id
  }
}
`,
    variables: () => ({ name: 'my desk', rules: 'allow 203.0.113.0/24', address: '203.0.113.7' }),
  },
  {
    title: 'Whom would new rules refuse?',
    group: 'Before it bites',
    query: `# First: which filters are there?
query Filters {
  ipFilters {
    id
    name
    ipFilter
  }
}

# Then: which tokens were last used from where the new rules let nobody in? Nothing is changed.
query RulesImpact($input: IPFilterUpdateInput!) {
  ipFilterImpact(input: $input) {
    totalTokens
    refused
    admitted
    tokens {
      effect
      lastUsedFrom
      token {
        name
      }
    }
  }
}
`,
    variables: () => ({ input: { id: 'the id of a filter', ipFilter: 'allow 203.0.113.0/24' } }),
  },
  {
    title: 'Tighten the policy: whom does it hit?',
    group: 'Before it bites',
    query: `# What a maximum of 90 days would do. Nothing is changed.
query PolicyImpact($input: TokenSecurityPoliciesInput!) {
  tokenSecurityPoliciesImpact(input: $input, limit: 20) {
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
        name
        expireAt
        lastUsedAt
      }
    }
  }
}
`,
    variables: () => ({ input: everyPolicy }),
  },
];

export const groups = ['Find', 'Judge', 'Act', 'Before it bites'] as const;

const texts = new Set(examples.map(({ query }) => query));

/** Whether a query is one that nobody typed: an example as it is, or nothing. */
export function isUntouched(query: string): boolean {
  return query.trim() === '' || texts.has(query);
}

/** What stands in the two editors when an example is opened. */
export function opened({ query, variables }: Example, now: number): { query: string; variables: string } {
  return { query, variables: variables === undefined ? '' : JSON.stringify(variables(now), null, 2) };
}
