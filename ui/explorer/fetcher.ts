import type { Fetcher } from '@graphiql/toolkit';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { home } from '../src/lib/home';
import { canBeSent } from '../src/lib/headers';
import { strayIn } from '../src/lib/pasted';
import { Refusal } from '../src/lib/refusal';
import { reportRefusal } from '../src/lib/useAction';

/** What is told of an answer beside the answer itself. */
export type Reply = { ms: number; errors: number };

type Listener = {
  /** Whose session to ask with, by its ID; empty if nobody has signed in. */
  owner: string;
  onReply: (reply: Reply) => void;
  /** Called when a token typed as a header was accepted. */
  onToken: () => void;
};

type Answer = ExecutionResult<Record<string, unknown>, Record<string, unknown>>;

const introspection = 'IntrospectionQuery';

const stopped = 'Stopped waiting. Whether the server carried it out is not known: look before you run it again.';

const notSignedIn = failure('Not signed in. Sign in above, or give a token as Authorization under Headers.');

/**
 * Asks over the session of the page, or with the headers typed here. What is no GraphQL answer
 * becomes an error of it, and a session that has ended is reported.
 */
export function makeFetcher({ owner, onReply, onToken }: Listener): Fetcher {
  return async (params, options) => {
    const typed: Record<string, string> = options?.headers ?? {};
    const bearer = Object.keys(typed).some((name) => name.toLowerCase() === 'authorization');
    const wrong = unsendable(typed);
    if (wrong !== undefined) return failure(wrong);
    if (!bearer && owner === '') return notSignedIn;
    const start = performance.now();
    const { status, answer } = await ask(params, bearer ? typed : { 'X-Requested-As': owner, ...typed }, bearer);
    if (status === 401 && !bearer) reportRefusal(new Refusal('signed-out', 'The session has ended.'));
    if (status === 403 && !bearer) reportRefusal(new Refusal('filtered', answer.errors?.[0]?.message ?? ''));
    if (status === 409 && !bearer) reportRefusal(new Refusal('of-another', answer.errors?.[0]?.message ?? ''));
    if (status === 200 && bearer) onToken();
    if (params.operationName !== introspection) onReply({ ms: performance.now() - start, errors: answer.errors?.length ?? 0 });
    return answer;
  };
}

let asking: AbortController | null = null;

/** Waits no longer for the answer to the query that runs. It may be carried out all the same. */
export function stopAsking(): void {
  asking?.abort();
}

type Answered = { status: number; answer: Answer };

async function ask(params: unknown, typed: Record<string, string>, bearer: boolean): Promise<Answered> {
  const control = new AbortController();
  const isQuery = (params as { operationName?: string }).operationName !== introspection;
  if (isQuery) asking = control;
  try {
    const response = await fetch(`${home}/graphql`, {
      method: 'POST',
      // With a token of its own a request must not bring the session along as well.
      credentials: bearer ? 'omit' : 'same-origin',
      cache: 'no-store',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-Requested-By': 'tokenscale', ...typed },
      body: JSON.stringify(params),
      signal: control.signal,
    });
    return { status: response.status, answer: read(response.status, await response.text()) };
  } catch {
    return { status: 0, answer: failure(control.signal.aborted ? stopped : 'The server does not answer.') };
  } finally {
    if (asking === control) asking = null;
  }
}

function read(status: number, text: string): Answer {
  try {
    return JSON.parse(text);
  } catch {
    if (status >= 502 && status <= 504) return failure(`The server does not answer; what stands before it says so (status ${status}).`);
    return failure(text.trim() || `The server answered with status ${status}.`);
  }
}

function failure(message: string): Answer {
  return { errors: [new GraphQLError(message)] };
}

/** Says which of the headers typed here a browser cannot send, and nothing of what they hold. */
function unsendable(typed: Record<string, string>): string | undefined {
  for (const [name, value] of Object.entries(typed)) {
    if (!canBeSent([[name, 'x']])) return 'One of the headers has a name that no header can have. Nothing was sent.';
    if (typeof value !== 'string') return `The header ${name} must be text, in quotes. Nothing was sent.`;
    if (!canBeSent([[name, value]])) {
      const credential = /^Bearer (.*)$/is.exec(value)?.[1];
      const stray = credential === undefined ? undefined : strayIn(credential);
      return `The header ${name} holds a character that a browser cannot send. ${stray ?? 'Nothing was sent.'}`;
    }
  }
  return undefined;
}
