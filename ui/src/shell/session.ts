import { createContext, useContext } from 'react';
import type { Session } from '../api/viewer';

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in. Only pages inside the shell ask; there somebody always is. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession outside of a session');
  return session;
}

/** Where to go after signing in: a path of this page, never another site. */
export function safeTarget(to: string | null): string {
  if (to === null || !/^\/(?![/\\])/.test(to) || to.startsWith('/sign-in')) return '/';
  return to;
}
