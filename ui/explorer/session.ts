import { home } from '../src/lib/home';

// Once there was a session it is asked with directly; when it has died, the answer says so.
let active = false;

/**
 * Whether the page has a session. Asking without one would only be refused, and leave an error in
 * the console.
 */
export async function hasSession(signal?: AbortSignal): Promise<boolean> {
  if (active) return true;
  const response = await fetch(`${home}/api/v1/session`, { cache: 'no-store', headers: { 'X-Requested-By': 'tokenscale' }, signal: signal ?? null });
  const answer: { active?: boolean } | null = response.ok ? await response.json() : null;
  active = answer?.active === true;
  return active;
}
