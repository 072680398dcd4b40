// The first steps, ready to be run. Each stands in a tab of its own.

type Example = { query: string; variables?: string };

const json = (value: unknown) => JSON.stringify(value, null, 2);

export const examples: readonly Example[] = [
  {
    query: `# Who am I, and what may I do?
query WhoAmI {
  viewer {
    username
    isRoot
    permissions
    expireAt
  }
  meta {
    version
  }
}
`,
  },
  {
    query: `# System tokens, those that end first at the top.
query ListTokens($filter: String, $skip: Int = 0) {
  systemTokens(searchFilter: $filter, sortBy: ExpirationDate, skip: $skip, limit: 20) {
    totalResults
    results {
      id
      name
      permissions
      expireAt
      lastUsedAt
      ipFilterV2 {
        name
      }
    }
  }
}
`,
    variables: json({ filter: '' }),
  },
  {
    query: `# Makes a token. Its string is in this answer and nowhere else ever again.
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
    variables: json({ input: { name: 'health probe', permissions: ['ReadHealthCheck'], expiresIn: { amount: 12, unit: 'Hours' } } }),
  },
  {
    query: `# A new string with a new id; the old one works for an hour more.
mutation RotateToken($input: RotateSystemTokenInput!) {
  rotateSystemToken(input: $input) {
    token
    tokenMetadata {
      id
    }
  }
}
`,
    variables: json({ input: { id: 'the id of a token', gracePeriodMs: 3_600_000 } }),
  },
  {
    query: `# From the moment this returns the token is refused.
mutation DeleteToken($input: InputData!) {
  deleteSystemToken(input: $input)
}
`,
    variables: json({ input: { id: 'the id of a token' } }),
  },
  {
    query: `# What a maximum of 90 days would do, without doing it.
query PreviewPolicy($input: TokenSecurityPoliciesInput!) {
  tokenSecurityPoliciesImpact(input: $input, limit: 20) {
    deleted
    capped
    refiltered
    unchanged
    tokens {
      effect
      newExpireAt
      token {
        name
        expireAt
      }
    }
  }
}
`,
    variables: json({
      input: {
        personalUserTokensEnabled: true,
        viewPermissionTokensEnabled: true,
        viewPermissionTokensAllowPermissionUpdates: false,
        organizationPermissionTokensEnabled: true,
        organizationPermissionTokensAllowPermissionUpdates: false,
        systemPermissionTokensEnabled: true,
        systemPermissionTokensEnforceExpirationAfterMs: 7_776_000_000,
      },
    }),
  },
  {
    query: `# Would this address pass these rules, and which line decides?
query TestFilter($rules: String!, $address: String!) {
  testIPFilter(ipFilter: $rules, address: $address) {
    allowed
    line
    rule
    unreachableLines
  }
}

# Keeps the rules under a name, for tokens to use.
mutation CreateFilter($rules: String!) {
  createIPFilter(input: {name: "office", ipFilter: $rules}) {
    id
  }
}
`,
    variables: json({ rules: 'allow 203.0.113.0/24\ndeny all', address: '203.0.113.7' }),
  },
];
