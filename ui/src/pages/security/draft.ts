// The policies as the page edits them, one kind at a time, and as the API takes them, all in one.

import type { Policies, TokenSecurityPoliciesInput } from '../../api/security';
import { unread } from '../../lib/amount';
import type { Refusal } from '../../lib/refusal';
import { counted, day, hour, minute, number, span } from '../../lib/time';
import type { ExpirationUnit } from '../../api/gen/graphql';

export type Kind = 'system' | 'organization' | 'view' | 'personal';

export type KindPolicy = {
  enabled: boolean;
  /** Null for none; undefined while its field holds nothing that can be read. */
  maximumMs: number | null | undefined;
  filterId: string | null;
  /** Absent for personal tokens, whose permissions are those of the person. */
  updates?: boolean;
};

export type Draft = Readonly<Record<Kind, KindPolicy>>;

export function draftOf(policies: Policies): Draft {
  return {
    system: {
      enabled: policies.systemPermissionTokensEnabled,
      maximumMs: policies.systemPermissionTokensEnforceExpirationAfterMs ?? null,
      filterId: policies.systemPermissionTokensEnforceIpFilter?.id ?? null,
      updates: policies.systemPermissionTokensAllowPermissionUpdates ?? false,
    },
    organization: {
      enabled: policies.organizationPermissionTokensEnabled,
      maximumMs: policies.organizationPermissionTokensEnforceExpirationAfterMs ?? null,
      filterId: policies.organizationPermissionTokensEnforceIpFilter?.id ?? null,
      updates: policies.organizationPermissionTokensAllowPermissionUpdates ?? false,
    },
    view: {
      enabled: policies.viewPermissionTokensEnabled,
      maximumMs: policies.viewPermissionTokensEnforceExpirationAfterMs ?? null,
      filterId: policies.viewPermissionTokensEnforceIpFilter?.id ?? null,
      updates: policies.viewPermissionTokensAllowPermissionUpdates ?? false,
    },
    personal: {
      enabled: policies.personalUserTokensEnabled,
      maximumMs: policies.personalUserTokensEnforceExpirationAfterMs ?? null,
      filterId: policies.personalUserTokensEnforceIpFilter?.id ?? null,
    },
  };
}

/**
 * All kinds are always sent, as they stand on the page: what is left out the API would take for
 * "none".
 */
export function inputOf({ system, organization, view, personal }: Draft): TokenSecurityPoliciesInput {
  return {
    systemPermissionTokensEnabled: system.enabled,
    systemPermissionTokensEnforceExpirationAfterMs: system.maximumMs,
    systemPermissionTokensEnforceIpFilterId: system.filterId,
    systemPermissionTokensAllowPermissionUpdates: system.updates ?? false,
    organizationPermissionTokensEnabled: organization.enabled,
    organizationPermissionTokensEnforceExpirationAfterMs: organization.maximumMs,
    organizationPermissionTokensEnforceIpFilterId: organization.filterId,
    organizationPermissionTokensAllowPermissionUpdates: organization.updates ?? false,
    viewPermissionTokensEnabled: view.enabled,
    viewPermissionTokensEnforceExpirationAfterMs: view.maximumMs,
    viewPermissionTokensEnforceIpFilterId: view.filterId,
    viewPermissionTokensAllowPermissionUpdates: view.updates ?? false,
    personalUserTokensEnabled: personal.enabled,
    personalUserTokensEnforceExpirationAfterMs: personal.maximumMs,
    personalUserTokensEnforceIpFilterId: personal.filterId,
  };
}

const inputs: Readonly<Record<Kind, { prefix: string; label: string }>> = {
  system: { prefix: 'systemPermissionTokens', label: 'system tokens' },
  organization: { prefix: 'organizationPermissionTokens', label: 'organization tokens' },
  view: { prefix: 'viewPermissionTokens', label: 'repository and view tokens' },
  personal: { prefix: 'personalUserTokens', label: 'personal tokens' },
};

type Sentences = Readonly<Record<string, string>>;

/** The sentences about the fields of one kind, of a refusal's. */
export function errorsOf(kind: Kind, fields: Sentences): { maximum: string | undefined; filter: string | undefined } {
  const { prefix } = inputs[kind];
  return { maximum: fields[`${prefix}EnforceExpirationAfterMs`], filter: fields[`${prefix}EnforceIpFilterId`] };
}

/**
 * The refusal of a draft with a field that cannot be read, or null: to the API a maximum that is
 * left out is none.
 */
export function unreadOf(draft: Draft): Refusal | null {
  return unreadMaximum.find(({ kind }) => draft[kind].maximumMs === undefined)?.refusal ?? null;
}

/** The longest maximum that can be typed, in milliseconds: no date lies farther from 1970. */
export const longestLife = 100_000_000 * day;

const notAMaximum = 'Type a whole number, 1 or more, of at most 100,000,000 days.';

// Made once: what is told of a field is told again only when it is another refusal.
const unreadMaximum = (Object.keys(inputs) as Kind[]).map((kind) => ({ kind, refusal: unread(`${inputs[kind].prefix}EnforceExpirationAfterMs`, notAMaximum) }));

/** What the fields are called, by the names that the API has for them. */
export const fieldLabels: Sentences = Object.fromEntries(
  Object.values(inputs).flatMap(({ prefix, label }) => [
    [`${prefix}EnforceExpirationAfterMs`, `Maximum life of ${label}`],
    [`${prefix}EnforceIpFilterId`, `IP filter of ${label}`],
  ]),
);

export function sameDraft(a: Draft, b: Draft): boolean {
  return JSON.stringify(inputOf(a)) === JSON.stringify(inputOf(b));
}

export type Counts = { deleted: number; capped: number; refiltered: number };

/** What the button says: what will happen, not that something is saved. */
export function actionLabel({ deleted, capped, refiltered }: Counts): string {
  const acts = [
    deleted > 0 && `delete ${counted(deleted, 'token')}`,
    capped > 0 && `shorten ${deleted > 0 ? number(capped) : counted(capped, 'token')}`,
    refiltered > 0 && `re-filter ${deleted + capped > 0 ? number(refiltered) : counted(refiltered, 'token')}`,
  ].filter((act) => act !== false);
  if (acts.length === 0) return 'Change the policy';
  const label = acts.join(', ');
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** What changes, line by line, in the words of the controls. */
export function changesOf(before: KindPolicy, after: KindPolicy, filterName: (id: string) => string): string[] {
  const changes: string[] = [];
  const onOff = (on: boolean) => (on ? 'on' : 'off');
  const life = (ms: number | null | undefined) => (ms == null ? (ms === null ? 'no maximum' : '?') : span(ms));
  const filter = (id: string | null) => (id === null ? 'none' : filterName(id));
  if (before.enabled !== after.enabled) changes.push(`Allowed: ${onOff(before.enabled)} → ${onOff(after.enabled)}`);
  if (before.updates !== after.updates) {
    changes.push(`Updating permissions: ${onOff(before.updates ?? false)} → ${onOff(after.updates ?? false)}`);
  }
  if (before.maximumMs !== after.maximumMs) changes.push(`Token expiration: ${life(before.maximumMs)} → ${life(after.maximumMs)}`);
  if (before.filterId !== after.filterId) changes.push(`Enforced IP filter: ${filter(before.filterId)} → ${filter(after.filterId)}`);
  return changes;
}

/** The same of all kinds of tokens, each named. */
export function allChangesOf(before: Draft, after: Draft, filterName: (id: string) => string): string[] {
  return (['system', 'organization', 'view', 'personal'] as const).flatMap((kind) =>
    changesOf(before[kind], after[kind], filterName).map((line) => (kind === 'system' ? line : `${kind}, stored only: ${line}`)),
  );
}

/** A length of time as the form shows it: the largest unit in which it is a whole number. */
export function amountOf(ms: number): { amount: number; unit: ExpirationUnit } {
  if (ms % day === 0) return { amount: ms / day, unit: 'Days' };
  if (ms % hour === 0) return { amount: ms / hour, unit: 'Hours' };
  return { amount: Math.max(1, Math.round(ms / minute)), unit: 'Minutes' };
}
