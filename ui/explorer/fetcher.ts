import type { Fetcher } from '@graphiql/toolkit';
import { home } from '../src/lib/home';
import { hasSession } from './session';

const notSignedIn = { errors: [{ message: 'Not signed in. Sign in on the page, or give a token as Authorization in the headers below.' }] };

/** Asks over the session of the page, or with the headers typed here. What is no GraphQL answer becomes an error of it. */
export const fetcher: Fetcher = async (params, options) => {
  const typed: Record<string, string> = options?.headers ?? {};
  const bearer = Object.keys(typed).some((name) => name.toLowerCase() === 'authorization');
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
