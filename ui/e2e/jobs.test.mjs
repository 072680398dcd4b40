// The ten jobs of docs/jobs.md, as they stand there, by keyboard alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, openBrowser } from './support/browser.mjs';
import { readJobs, typist } from './support/jobs.mjs';
import { policies, startServer } from './support/server.mjs';

const day = 86_400_000;
let server;
let browser;
let page;

before(async () => {
  server = await startServer({ demo: true });
  browser = await openBrowser(server);
  page = browser.page;
  page.on('dialog', (dialog) => dialog.accept()); // a job may end where a new string is shown
  await browser.signIn();
});
after(() => Promise.all([server.close(), closeBrowser()]));

const names = (page) => page.locator('tbody td[data-lead] a bdi').allTextContents();
const lives = (server, token) => server.ask('{ viewer { permissions } }', {}, token).then(({ viewer }) => viewer.permissions, () => 'none');
const find = async (server, name) => (await server.ask('query T($name: String!) { systemTokens(searchFilter: $name) { results { id name permissions createdAt expireAt ipFilterV2 { id } } } }', { name })).systemTokens.results;

/** What a paste would give. The page itself may not read the clipboard; another document may. */
async function clipboard(page) {
  const reader = await page.context().newPage();
  await reader.goto(new URL('/api/v1/status', page.url()).href);
  const text = await reader.evaluate(() => navigator.clipboard.readText());
  await reader.close();
  return text;
}

/** What must be so before a job, and what must be true after it, by its title. */
const truth = {
  'Who may manage the cluster?': {
    after: async (server, page) => {
      const { systemTokens } = await server.ask('{ systemTokens(permissionFilter: [ManageCluster]) { results { name } } }');
      assert.ok(systemTokens.results.length > 3);
      assert.deepEqual(await names(page), systemTokens.results.map(({ name }) => name));
    },
  },
  'What was not used for 90 days?': {
    after: async (server, page) => assert.deepEqual(await names(page), ['Splunk migration', 'Nagios, old data centre']),
  },
  'Make a token for a machine': {
    after: async (server, page) => assert.deepEqual(await lives(server, await clipboard(page)), ['IngestAcrossAllReposWithinCluster']),
  },
  'Make one like this one': {
    after: async (server) => {
      const [like, made] = (await find(server, 'argo cd')).toSorted((a, b) => a.createdAt - b.createdAt);
      assert.equal(made.name, 'Argo CD, second cluster');
      assert.deepEqual([made.permissions, made.ipFilterV2], [like.permissions, like.ipFilterV2]);
      // One that came of a date is told in whole days.
      assert.equal(Math.floor((made.expireAt - made.createdAt) / day), Math.floor((like.expireAt - like.createdAt) / day));
    },
  },
  'A string has leaked: find its token and give it another': {
    before: async (server) => {
      const [{ id }] = await find(server, 'Kafka bridge');
      const { rotateSystemToken } = await server.ask('mutation R($id: String!) { rotateSystemToken(input: { id: $id, gracePeriodMs: 0 }) { token } }', { id });
      assert.notEqual(await lives(server, rotateSystemToken.token), 'none');
      return { 'the string that leaked': rotateSystemToken.token };
    },
    after: async (server, page, said) => {
      assert.equal(await lives(server, said['the string that leaked']), 'none');
      assert.notEqual(await lives(server, await page.getByTestId('secret').textContent()), 'none');
    },
  },
  'Revoke these twenty': {
    before: async (server) => {
      for (let n = 1; n <= 20; n++) await server.make({ name: `old runner ${n}`, permissions: ['ReadHealthCheck'] });
    },
    after: async (server) => {
      assert.deepEqual(await find(server, 'old runner'), []);
      const { systemTokens, auditEvents } = await server.ask('{ systemTokens(limit: 0) { totalResults } auditEvents(actionFilter: ["deleteSystemTokens"]) { totalResults } }');
      assert.ok(systemTokens.totalResults > 30, 'others are gone too');
      assert.equal(auditEvents.totalResults, 20);
    },
  },
  'I revoked it: who still uses it?': {
    after: async (server, page) => await page.getByRole('row').filter({ hasText: 'Contractor, October' }).getByText('203.0.113.77').waitFor(),
  },
  'Make a filter from my own address': {
    after: async (server) => {
      const { ipFilters } = await server.ask('{ ipFilters { name ipFilter } }');
      assert.deepEqual(ipFilters.find(({ name }) => name === 'my desk')?.ipFilter.trim(), 'allow 127.0.0.1');
    },
  },
  'Tighten the policy, and know whom it hits': {
    before: async (server) => {
      const input = policies({ systemPermissionTokensEnforceExpirationAfterMs: 300 * day });
      const { impact } = await server.ask('query I($input: TokenSecurityPoliciesInput!) { impact: tokenSecurityPoliciesImpact(input: $input) { capped deleted } }', { input });
      assert.ok(impact.capped > 5 && impact.deleted === 0, JSON.stringify(impact));
    },
    after: async (server, page) => {
      await page.getByText('The security policies are changed.').waitFor();
      const { systemTokens } = await server.ask('{ systemTokens(limit: 100) { results { createdAt expireAt } } }');
      assert.deepEqual(systemTokens.results.filter(({ createdAt, expireAt }) => expireAt > createdAt + 300 * day), []);
    },
  },
  'Who did what, and when?': {
    after: async (server, page) => {
      const row = page.getByRole('listitem').filter({ hasText: 'Office networks' });
      await row.getByText('root').waitFor();
      await row.getByText('10.20.4.17').waitFor();
    },
  },
};

const jobs = readJobs();

test('the page has ten jobs, and each of them is looked at', () => {
  assert.equal(jobs.length, 10);
  assert.deepEqual(jobs.map(({ title }) => title).toSorted(), Object.keys(truth).toSorted());
});

for (const { title, steps, mostSteps, mostKeys, seen } of jobs) {
  test(title, async (t) => {
    const { before: prepare = () => undefined, after: check } = truth[title];
    const standsFor = await prepare(server);
    await browser.goto('/tokens');
    await page.getByRole('table', { name: 'System tokens' }).and(page.locator('[aria-busy=false]')).waitFor();

    const hands = typist(page);
    for (const step of steps) await hands.do(step, standsFor);
    for (const words of seen) await page.getByText(words).first().waitFor();
    await check(server, page, standsFor);
    t.diagnostic(`${steps.length} steps, ${hands.keys()} keys`);
    assert.equal(steps.length, mostSteps, 'the page counts other steps than it has');
    assert.ok(hands.keys() <= mostKeys, `it took ${hands.keys()} keys`);
    browser.calm();
  });
}
