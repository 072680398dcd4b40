import type { Fetcher } from '@graphiql/toolkit';
import { home } from '../src/lib/home';
import { canBeSent } from '../src/lib/headers';
import { strayIn } from '../src/lib/pasted';
import { hasSession } from './session';

const notSignedIn = { errors: [{ message: 'Not signed in. Sign in on the page, or give a token as Authorization in the headers below.' }] };

/**
 * Asks over the session of the page, or with the headers typed here. What is no GraphQL answer
 * becomes an error of it.
 */
export const fetcher: Fetcher = async (params, options) => {
  const typed: Record<string, string> = options?.headers ?? {};
  const bearer = Object.keys(typed).some((name) => name.toLowerCase() === 'authorization');
  const wrong = unsendable(typed);
  if (wrong !== undefined) return { errors: [{ message: wrong }] };
  let response: Response;
  try {
    if (!bearer && !(await hasSession())) return notSignedIn;
    response = await fetch(`${home}/graphql`, {
      method: 'POST',
      // With a token of its own a request must not bring the session along as well.
      credentials: bearer ? 'omit' : 'same-origin',
      cache: 'no-store',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-Requested-By': 'tokenscale', ...typed },
      body: JSON.stringify(params),
    });
  } catch {
    return { errors: [{ message: 'The server does not answer.' }] };
  }
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: text.trim() || `The server answered with status ${response.status}.` }] };
  }
};

/** Says which of the headers typed here a browser cannot send, and nothing of what they hold. */
function unsendable(typed: Record<string, string>): string | undefined {
  for (const [name, value] of Object.entries(typed)) {
    if (!canBeSent([[name, 'x']])) return 'One of the headers below has a name that no header can have. Nothing was sent.';
    if (typeof value !== 'string') return `The header ${name} must be text, in quotes. Nothing was sent.`;
    if (!canBeSent([[name, value]])) {
      const credential = /^Bearer (.*)$/is.exec(value)?.[1];
      const stray = credential === undefined ? undefined : strayIn(credential);
      return `The header ${name} holds a character that a browser cannot send. ${stray ?? 'Nothing was sent.'}`;
    }
  }
  return undefined;
}
