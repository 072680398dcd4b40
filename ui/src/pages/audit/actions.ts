import type { AuditEvent } from '../../api/audit';

/** What was done, in words, and the names that the log has for it. */
export type Deed = { label: string; actions: readonly string[] };

/** The deeds that one looks for. LogScale has names of its own for some. */
export const deeds: readonly Deed[] = [
  { label: 'Token made', actions: ['createSystemToken', 'createSystemPermissionsToken', 'createSystemPermissionsTokenV2'] },
  { label: 'Token deleted', actions: ['deleteSystemToken', 'deleteSystemTokens', 'deleteToken'] },
  { label: 'Secret reset', actions: ['rotateSystemToken', 'rotateToken'] },
  { label: 'Permissions changed', actions: ['updateSystemPermissionsTokenPermissions'] },
  { label: 'Note changed', actions: ['updateSystemTokenNote'] },
  { label: 'Token expired', actions: ['removeExpiredTokens'] },
  { label: 'IP filter made', actions: ['createIPFilter'] },
  { label: 'IP filter changed', actions: ['updateIPFilter'] },
  { label: 'IP filter deleted', actions: ['deleteIPFilter'] },
  { label: 'Security policies changed', actions: ['updateTokenSecurityPolicies'] },
  { label: 'Change of an IP filter tried', actions: ['ipFilterImpact'] },
];

/** What an entry is of, by its action; undefined for what nobody has asked for. */
export function deedOf({ actionName, type }: Pick<AuditEvent, 'actionName' | 'type'>): string | undefined {
  // A rotation has an entry of its own for the string that it ends.
  if (type === 'hashedtokens.change' && actionName?.startsWith('rotate')) return 'Old string ended';
  return deeds.find(({ actions }) => actions.includes(actionName ?? ''))?.label;
}
