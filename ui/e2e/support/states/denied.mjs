// What somebody sees whose token may not do it.
import { says } from './parts.mjs';

const denied = (as, what, at, why) => ({ name: `${what}, for a token with ${as}`, on: 'strange', as, at, reach: says(why) });
const nobody = (what, at, why) => denied('ReadHealthCheck', what, at, why);

export const denials = [
  nobody('the list', () => '/tokens', 'Your token may not administer system tokens'),
  nobody('a new token', () => '/tokens/new', 'Your token may not administer system tokens'),
  nobody('its own token', ({ own }) => `/tokens/${own.ReadHealthCheck}`, 'To reset, change or delete it takes'),
  nobody('the IP filters', () => '/ip-filters', 'Your token may not see IP filters'),
  nobody('a new filter', () => '/ip-filters/new', 'Your token may not make IP filters'),
  nobody('a filter', ({ filter }) => `/ip-filters/${filter}`, 'Your token may not see IP filters'),
  nobody('the security policies', () => '/security-policies', 'Your token may not see security policies'),
  nobody('the audit log', () => '/audit-log', 'Your token may not see the audit log'),
  denied('ManageCluster', 'the list', () => '/tokens', 'Your token may not administer system tokens'),
  denied('ChangeSystemPermissions', 'the IP filters', () => '/ip-filters', 'To make or change them takes'),
  denied('ChangeSystemPermissions', 'a filter', ({ filter }) => `/ip-filters/${filter}`, 'To change or delete it takes'),
  denied('ChangeSystemPermissions', 'the security policies', () => '/security-policies', 'To change them takes'),
];
