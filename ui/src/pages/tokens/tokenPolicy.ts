import type { Policies } from '../../api/security';

/** The part of the policies that a new token must keep to. */
export type TokenPolicy = { maximumMs: number | null; enforcedFilter: { id: string; name: string; ipFilter: string } | null };

export function policyOf(policies: Policies | null): TokenPolicy {
  return {
    maximumMs: policies?.systemPermissionTokensEnforceExpirationAfterMs ?? null,
    enforcedFilter: policies?.systemPermissionTokensEnforceIpFilter ?? null,
  };
}
