import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refusal } from '../lib/refusal';
import { askAs, request, signIn } from './client';
import { TypedDocumentString } from './gen/graphql';

const document = new TypedDocumentString<{ x: number }, Record<string, never>>('query X { x }');
const fetchMock = vi.fn<typeof fetch>();

beforeEach(() => vi.stubGlobal('fetch', fetchMock));
afterEach(() => {
  vi.unstubAllGlobals();
  fetchMock.mockReset();
});

const answer = (body: unknown, status = 200) => fetchMock.mockResolvedValue(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));

async function refusal(): Promise<Refusal> {
  const error: unknown = await request(document, {}).catch((e: unknown) => e);
  if (!(error instanceof Refusal)) throw new Error('no refusal');
  return error;
}

it('gives the data, and sends the header that no foreign page can send', async () => {
  answer({ data: { x: 1 } });
  expect(await request(document, {})).toEqual({ x: 1 });
  const init = fetchMock.mock.calls[0]?.[1];
  expect(init?.headers).toMatchObject({ 'X-Requested-By': 'tokenscale' });
  expect(init?.credentials).toBe('same-origin');
});

it('sends an idempotency key where one is given, and else none', async () => {
  fetchMock.mockImplementation(() => Promise.resolve(new Response(JSON.stringify({ data: { x: 1 } }))));
  await request(document, {}, undefined, 'k1');
  await request(document, {});
  expect(fetchMock.mock.calls[0]?.[1]?.headers).toMatchObject({ 'Idempotency-Key': 'k1', 'X-Requested-By': 'tokenscale' });
  expect(fetchMock.mock.calls[1]?.[1]?.headers).not.toHaveProperty('Idempotency-Key');
});

it('says of each change whose page asked for it, and of questions nothing', async () => {
  fetchMock.mockImplementation(() => Promise.resolve(new Response(JSON.stringify({ data: { x: 1 } }))));
  askAs('anna');
  await request(new TypedDocumentString<{ x: number }, Record<string, never>>('\n  mutation M { x }'), {});
  await request(document, {});
  expect(fetchMock.mock.calls[0]?.[1]?.headers).toMatchObject({ 'X-Requested-As': 'anna', 'X-Requested-By': 'tokenscale' });
  expect(fetchMock.mock.calls[1]?.[1]?.headers).not.toHaveProperty('X-Requested-As');
});

it('keeps the sentences of the fields', async () => {
  answer({ data: null, errors: [{ message: 'There were errors in the input.', state: { name: 'A name is needed.' }, extensions: { code: 'INVALID' } }] });
  expect(await refusal()).toMatchObject({ kind: 'refused', code: 'INVALID', fields: { name: 'A name is needed.' } });
});

it('refuses an answer that has data and errors: half a truth is none', async () => {
  answer({ data: { x: 1 }, errors: [{ message: 'Manage cluster not allowed', extensions: { code: 'FORBIDDEN' } }] });
  expect((await refusal()).message).toBe('Manage cluster not allowed');
});

it('names the request when the fault is the server’s', async () => {
  answer({ errors: [{ message: 'something went wrong on our side', extensions: { code: 'INTERNAL', requestId: 'r1' } }] });
  expect(await refusal()).toMatchObject({ kind: 'failed', message: 'Something went wrong on our side', requestId: 'r1' });
});

it.each([
  [401, 'The supplied authentication is invalid', 'signed-out', 'The supplied authentication is invalid'],
  [403, 'Tokens can only be used from …', 'filtered', 'Tokens can only be used from …'],
  [409, 'Somebody else has signed in …', 'of-another', 'Somebody else has signed in …'],
  [429, '', 'refused', 'Too many requests. Wait a moment and try again.'],
  [502, '<html>Bad gateway</html>', 'unreachable', 'The server answered with status 502.'],
  [500, 'oops', 'failed', 'Oops'],
])('status %d is read as it is meant', async (status, body, kind, message) => {
  answer(body, status);
  expect(await refusal()).toMatchObject({ kind, message });
});

it('says so when nothing answers', async () => {
  fetchMock.mockRejectedValue(new TypeError('failed to fetch'));
  expect((await refusal()).kind).toBe('unreachable');
});

it('lets an abort be an abort', async () => {
  const abort = new AbortController();
  abort.abort();
  fetchMock.mockRejectedValue(new DOMException('aborted', 'AbortError'));
  await expect(request(document, {}, abort.signal)).rejects.toThrow('aborted');
});

it('sends a token in a header and never in an address', async () => {
  answer('');
  await signIn('id~secret');
  const [address, init] = fetchMock.mock.calls[0] ?? [];
  expect(address).toBe('/api/v1/session');
  expect(init?.body).toBeUndefined();
  expect(new Headers(init?.headers).get('Authorization')).toBe('Bearer id~secret');
});
