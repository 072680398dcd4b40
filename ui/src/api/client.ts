import { home } from '../lib/home';
import { canBeSent } from '../lib/headers';
import { Refusal, type RefusalKind } from '../lib/refusal';
import { tellWindows } from '../lib/windows';
import type { TypedDocumentString } from './gen/graphql';

type GraphQLFault = {
  message: string;
  state?: Record<string, string>;
  extensions?: { code?: string; requestId?: string; tokenId?: string };
};

type Answer<T> = { data?: T | null; errors?: GraphQLFault[] };

// A cookie is sent by the browser unasked; this header is not, and no foreign page can set it.
const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-Requested-By': 'tokenscale' };

let identity: string | undefined;

/**
 * From now on each change that is asked for says that it is one of this identity, by the ID that
 * the server gave it. If somebody else has signed in in another window, the server refuses it.
 */
export function askAs(id: string): void {
  identity = id;
}

/** What a request says of the page that sends it; a change says also whose page it is. */
function headersOf(change: boolean): Record<string, string> {
  return change && identity !== undefined ? { ...headers, 'X-Requested-As': identity } : headers;
}

/**
 * Asks the server one thing. Gives its data, or throws a Refusal; an aborted request throws the
 * abort. With an idempotency key the server makes nothing a second time when the same is asked for
 * again.
 */
export async function request<TResult, TVariables>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  signal?: AbortSignal,
  idempotencyKey?: string,
): Promise<TResult> {
  if (await leaving) return new Promise<never>(() => undefined); // until the query is cancelled
  const query = document.toString();
  const asWhom = headersOf(query.trimStart().startsWith('mutation'));
  const response = await send('/graphql', {
    method: 'POST',
    headers: idempotencyKey === undefined ? asWhom : { ...asWhom, 'Idempotency-Key': idempotencyKey },
    body: JSON.stringify({ query, variables }),
    signal,
  });
  const answer = await readAnswer<TResult>(response);
  const fault = answer.errors?.[0];
  if (fault) throw refusalOf(fault);
  if (!answer.data) throw new Refusal('failed', 'The server gave an answer that this page does not understand.');
  return answer.data;
}

/**
 * Changes a token string for a session cookie. The string is in this one request and nowhere else.
 */
export async function signIn(token: string): Promise<void> {
  await send('/api/v1/session', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'X-Requested-By': 'tokenscale' },
  });
  tellWindows();
}

/** Whether there is a session worth asking with, so that a first visit is not refused anything. */
export async function hasSession(signal?: AbortSignal): Promise<boolean> {
  const response = await send('/api/v1/session', { headers: { 'X-Requested-By': 'tokenscale' }, signal });
  return (await readJson<{ active: boolean }>(response)).active;
}

// Whether the session has ended, while that is asked for.
let leaving: Promise<boolean> | undefined;

/**
 * Ends the session. Until that is answered nothing else is asked; when it has ended, what was to be
 * asked never is.
 */
export async function signOut(): Promise<void> {
  const ending = send('/api/v1/session', { method: 'DELETE', headers: { 'X-Requested-By': 'tokenscale' } });
  leaving = ending.then(
    () => true,
    () => false,
  );
  try {
    await ending;
    tellWindows();
  } finally {
    leaving = undefined;
  }
}

/** How the server is. One that is down answers, but a change it is asked for may be refused. */
export type Condition = 'well' | 'down' | 'unreachable';

/**
 * Asks how the server is; one that is down answers 503. It asks for nothing that needs a session.
 */
export async function askCondition(signal?: AbortSignal): Promise<Condition> {
  try {
    const response = await fetch(`${home}/api/v1/status`, { cache: 'no-store', signal });
    const { status } = (await response.json()) as { status?: unknown };
    return status === 'DOWN' ? 'down' : 'well';
  } catch {
    return 'unreachable';
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  if (!canBeSent(init.headers)) {
    throw new Refusal('refused', 'This holds a character that a browser cannot send, such as one that nobody sees or a curly quote. Nothing was sent.');
  }
  let response: Response;
  try {
    response = await fetch(home + path, { ...init, credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new Refusal('unreachable', 'The server does not answer.');
  }
  if (response.ok) return response;
  const sentence = (await response.text().catch(() => '')).trim();
  throw new Refusal(kindOf(response.status), sentenceOf(response.status, sentence));
}

function readAnswer<T>(response: Response): Promise<Answer<T>> {
  return readJson<Answer<T>>(response);
}

async function readJson<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new Refusal('failed', 'The server gave an answer that this page does not understand.');
  }
}

function kindOf(status: number): RefusalKind {
  if (status === 401) return 'signed-out';
  if (status === 403) return 'filtered';
  if (status === 409) return 'of-another';
  if (status === 502 || status === 503 || status === 504) return 'unreachable';
  return status >= 500 ? 'failed' : 'refused';
}

function sentenceOf(status: number, text: string): string {
  // What stands in front of the server may answer with a page of its own; that is no sentence.
  if (text !== '' && text.length < 400 && !text.startsWith('<') && !text.startsWith('{')) return text;
  return status === 429 ? 'Too many requests. Wait a moment and try again.' : `The server answered with status ${status}.`;
}

function refusalOf(fault: GraphQLFault): Refusal {
  const details = {
    code: fault.extensions?.code,
    fields: fault.state,
    requestId: fault.extensions?.requestId,
    tokenId: fault.extensions?.tokenId,
  };
  return new Refusal(details.code === 'INTERNAL' ? 'failed' : 'refused', fault.message, details);
}
