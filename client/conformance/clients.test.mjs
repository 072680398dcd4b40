// The GraphQL clients of browsers and programs, as npm has them, against the
// real server. Each asks, changes, is refused with the state of its inputs, and
// brings a token that is none.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, ServerError, gql } from '@apollo/client/core';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { GraphQLClient, ClientError } from 'graphql-request';
import { start } from './server.mjs';

let server;
before(async () => (server = await start()));
after(() => server?.stop());

const WHO = '{ viewer { username isRoot } }';
const LIST = 'query List($first: Int, $types: [Tokens__Type!]) { tokens(sortBy: Name, limit: $first, typeFilter: $types) { totalResults results { id name } } }';
const CREATE = `mutation Create($name: String!, $at: Long) {
  createSystemToken(input: { name: $name, permissions: [ListSubdomains], expireAt: $at }) { token tokenMetadata { id name expireAt } }
}`;
const wrong = `${'a'.repeat(32)}~${'b'.repeat(44)}`;
const tomorrow = () => Date.now() + 24 * 3600 * 1000;

/** A fetch that notes what went over the wire. */
function noting() {
  const sent = [];
  const fetcher = async (to, init = {}) => {
    const response = await fetch(to, init);
    const answer = await response.clone().text();
    sent.push({ method: init.method ?? 'GET', url: String(to), body: init.body, status: response.status, answer });
    return response;
  };
  return { sent, fetcher };
}

/** What every client must come to, whatever it calls things. */
async function story(t, { query, mutate, refused, unknown, name }) {
  await t.test('a query', async () => assert.deepEqual((await query(WHO)).viewer.isRoot, true));
  await t.test('a query with variables', async () => {
    const list = await query(LIST, { first: 5, types: [] });
    assert.equal(list.tokens.results.length, Math.min(5, list.tokens.totalResults));
  });
  await t.test('a mutation', async () => {
    const at = tomorrow();
    const made = (await mutate(CREATE, { name, at })).createSystemToken;
    assert.match(made.token, /^[A-Za-z0-9]{32}~[A-Za-z0-9]{44}$/);
    assert.equal(made.tokenMetadata.expireAt, at);
    const inText = (await mutate(CREATE, { name, at: String(at) })).createSystemToken;
    assert.equal(inText.tokenMetadata.expireAt, at);
    assert.ok(!server.log().includes(made.token.split('~')[1]), 'the log holds the secret');
  });
  await t.test('an error with its state', async () => {
    const error = await refused(CREATE, { name: '', at: 5 });
    assert.equal(error.message, 'There were errors in the input.');
    assert.equal(error.extensions.code, 'INVALID');
    assert.match(error.state.name, /\.$/);
    assert.match(error.state.expireAt, /\.$/);
  });
  await t.test('a wrong token', async () => assert.equal(await unknown(WHO), 401));
}

test('urql, which asks queries by GET', async (t) => {
  const client = (token, fetcher) =>
    new Client({ url: server.url, exchanges: [cacheExchange, fetchExchange], fetch: fetcher, fetchOptions: { headers: { authorization: `Bearer ${token}` } } });
  const { sent, fetcher } = noting();
  const urql = client(server.token, fetcher);
  const good = ({ data, error }) => {
    assert.equal(error, undefined);
    return data;
  };
  await story(t, {
    name: 'urql',
    query: async (text, variables = {}) => good(await urql.query(text, variables)),
    mutate: async (text, variables) => good(await urql.mutation(text, variables)),
    refused: async (text, variables) => {
      const [error] = (await urql.mutation(text, variables)).error.graphQLErrors;
      // urql keeps only the members that the specification names.
      const { state } = JSON.parse(sent.at(-1).answer).errors[0];
      return { message: error.message, extensions: error.extensions, state };
    },
    unknown: async (text) => (await client(wrong).query(text, {})).error.response.status,
  });
  assert.deepEqual([...new Set(sent.map((s) => s.method))].sort(), ['GET', 'POST']);
  assert.ok(sent.some((s) => s.method === 'GET' && s.status === 200));
  assert.ok(!sent.some((s) => s.status === 405));
});

const sha256 = async (text) => Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toString('hex');

for (const [title, links] of Object.entries({
  'Apollo Client': () => [],
  'Apollo Client, which asks queries by GET': () => [],
  'Apollo Client with persisted queries': () => [new PersistedQueryLink({ sha256 })],
  'Apollo Client with persisted queries by GET': () => [new PersistedQueryLink({ sha256, useGETForHashedQueries: true })],
})) {
  test(title, async (t) => {
    const client = (token, fetcher) =>
      new ApolloClient({
        cache: new InMemoryCache(),
        defaultOptions: { query: { fetchPolicy: 'no-cache' } },
        link: ApolloLink.from([
          ...links(),
          new HttpLink({ uri: server.url, fetch: fetcher, headers: { authorization: `Bearer ${token}` }, useGETForQueries: title.endsWith('queries by GET') && !title.includes('persisted') }),
        ]),
      });
    const { sent, fetcher } = noting();
    const apollo = client(server.token, fetcher);
    await story(t, {
      name: 'apollo',
      query: async (text, variables) => (await apollo.query({ query: gql(text), variables })).data,
      mutate: async (text, variables) => (await apollo.mutate({ mutation: gql(text), variables })).data,
      refused: async (text, variables) => {
        const error = await apollo.mutate({ mutation: gql(text), variables }).catch((e) => e);
        assert.ok(CombinedGraphQLErrors.is(error), String(error));
        return error.errors[0];
      },
      unknown: async (text) => {
        const error = await client(wrong).query({ query: gql(text) }).catch((e) => e);
        assert.ok(ServerError.is(error), String(error));
        return error.statusCode;
      },
    });
    const hashes = sent.filter((s) => (s.body ?? decodeURIComponent(s.url)).includes('persistedQuery'));
    assert.equal(hashes.length > 0, title.includes('persisted'));
    assert.equal(sent.some((s) => s.method === 'GET'), title.includes('by GET'));
    if (title.includes('persisted')) assert.ok(hashes.length <= 2, `it goes on sending hashes: ${hashes.length}`);
  });
}

test('graphql-request', async (t) => {
  const client = (token) => new GraphQLClient(server.url, { headers: { authorization: `Bearer ${token}` } });
  const request = client(server.token);
  const failure = async (asked) => {
    const error = await asked.catch((e) => e);
    assert.ok(error instanceof ClientError, String(error));
    return error.response;
  };
  await story(t, {
    name: 'graphql-request',
    query: (text, variables) => request.request(text, variables),
    mutate: (text, variables) => request.request(text, variables),
    refused: async (text, variables) => (await failure(request.request(text, variables))).errors[0],
    unknown: async (text) => (await failure(client(wrong).request(text))).status,
  });
  await t.test('by GET', async () => {
    const byGet = new GraphQLClient(server.url, { method: 'GET', headers: { authorization: `Bearer ${server.token}` } });
    assert.equal((await byGet.request(WHO)).viewer.username, 'localroot');
  });
});

test('a body as PHP writes it', async () => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json; charset=utf8', Authorization: `bearer ${server.token}`, 'User-Agent': 'GuzzleHttp/7' },
    body: '{"query":"query { tokens(sortBy: Name) { totalResults } }","variables":[],"extensions":[],"operationName":null}',
  });
  assert.equal(response.status, 200);
  assert.equal(typeof (await response.json()).data.tokens.totalResults, 'number');
});

test('no query string and no token is in the log', async () => {
  const own = await start();
  const canary = 'canaryInTheAddress';
  try {
    await fetch(`${own.url}?query={viewer{id}}&token=${own.token}&x=${canary}`);
    await fetch(`${own.url}?query={viewer{${canary}}}`, { headers: { Authorization: `Bearer ${own.token}` } });
  } finally {
    await own.stop(); // all of the log is there now
  }
  assert.match(own.log(), /route=\/graphql status=401/);
  const log = own.log().replace(`Root token (shown once): ${own.token}`, '');
  assert.ok(!log.includes(canary) && !log.includes(own.token.split('~')[1]), log);
});
