import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { request } from './client';
import { graphql } from './gen';
import type { PoliciesFragment, PolicyImpactQuery, TokenSecurityPoliciesInput } from './gen/graphql';

graphql(`
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
`);

const PoliciesDocument = graphql(`
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
`);

const ImpactDocument = graphql(`
  query PolicyImpact($input: TokenSecurityPoliciesInput!, $skip: Int, $limit: Int) {
    tokenSecurityPoliciesImpact(input: $input, skip: $skip, limit: $limit) {
      deleted
      capped
      refiltered
      unchanged
      tokens {
        effect
        newExpireAt
        token {
          ...TokenRow
        }
      }
    }
  }
`);

const UpdatePoliciesDocument = graphql(`
  mutation UpdatePolicies($input: TokenSecurityPoliciesInput!) {
    updateTokenSecurityPolicies(input: $input) {
      id
    }
  }
`);

export type Policies = PoliciesFragment;
export type PolicyImpact = PolicyImpactQuery['tokenSecurityPoliciesImpact'];
export type { TokenSecurityPoliciesInput };

export const policiesKey = ['policies'] as const;

export const policiesQuery = queryOptions({
  queryKey: [...policiesKey, 'now'],
  queryFn: async ({ signal }) => (await request(PoliciesDocument, {}, signal)).organization.configs.tokens ?? null,
});

export function impactQuery(input: TokenSecurityPoliciesInput, skip: number, limit: number) {
  return queryOptions({
    queryKey: [...policiesKey, 'impact', input, skip, limit],
    queryFn: async ({ signal }) => (await request(ImpactDocument, { input, skip, limit }, signal)).tokenSecurityPoliciesImpact,
    placeholderData: keepPreviousData,
    // What it counts changes with every token made: never shown from the cache as if it were true.
    staleTime: 0,
    gcTime: 0,
  });
}

export async function updatePolicies(input: TokenSecurityPoliciesInput): Promise<void> {
  await request(UpdatePoliciesDocument, { input });
}
