import type { AuditEvent } from '../../api/audit';

/** What was done, in words, and the names that the log has for it. */
export type Deed = {
  label: string;
  /** The same while it is only tried, with a star for what it was tried on. */
  doing: string;
  actions: readonly string[];
};

/** The deeds that one looks for. LogScale has names of its own for some. */
export const deeds: readonly Deed[] = [
  { label: 'Token made', doing: 'Making a token', actions: ['createSystemToken', 'createSystemPermissionsToken', 'createSystemPermissionsTokenV2'] },
  { label: 'Token deleted', doing: 'Deleting *', actions: ['deleteSystemToken', 'deleteSystemTokens', 'deleteToken'] },
  { label: 'Secret reset', doing: 'Resetting the secret of *', actions: ['rotateSystemToken', 'rotateToken'] },
  { label: 'Permissions changed', doing: 'Changing the permissions of *', actions: ['updateSystemPermissionsTokenPermissions'] },
  { label: 'Note changed', doing: 'Changing the note of *', actions: ['updateSystemTokenNote'] },
  { label: 'Token expired', doing: 'Removing *', actions: ['removeExpiredTokens'] },
  { label: 'IP filter made', doing: 'Making an IP filter', actions: ['createIPFilter'] },
  { label: 'IP filter changed', doing: 'Changing an IP filter', actions: ['updateIPFilter'] },
  { label: 'IP filter deleted', doing: 'Deleting an IP filter', actions: ['deleteIPFilter'] },
  { label: 'Security policies changed', doing: 'Changing the security policies', actions: ['updateTokenSecurityPolicies'] },
  { label: 'Change of an IP filter tried', doing: 'Trying a change of an IP filter', actions: ['ipFilterImpact'] },
];

/** The deed that an entry tells of; undefined for what nobody has asked for. */
export function deedOf({ actionName }: Pick<AuditEvent, 'actionName'>): Deed | undefined {
  return deeds.find(({ actions }) => actions.includes(actionName ?? ''));
}
