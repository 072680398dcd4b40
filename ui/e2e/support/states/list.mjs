// The list of system tokens, and what is done from there.
import { asks, button, chooseAll, dialog, hold, listed, refuse, rewrite, says } from './parts.mjs';

const permissions = 'ReadHealthCheck,ManageCluster,PatchGlobal,ChangeBucketStorage,ViewOrganizations,ManageOrganizations,ImportOrganization,DeleteOrganizations,ChangeSystemPermissions,IngestAcrossAllReposWithinCluster,DeleteHumioOwnedRepositoryOrView,ChangeUsername,ChangeFeatureFlags,ManageOrganizationLinks,ChangeSubdomains,ListSubdomains';
const every = ({ filter }) => `/tokens?q=o&permission=${permissions}&state=Active,InGracePeriod,Expired,Ended&ends=365&unused=90&filter=${filter}&creator=root&sort=used&dir=desc`;

async function openFilters(page) {
  await button(page, 'More filters').click();
  await page.getByRole('checkbox', { name: 'Manage cluster' }).waitFor();
}

async function askToDelete(page) {
  await chooseAll(page);
  await button(page, /^Delete \d+ tokens/).click();
  await dialog(page).waitFor();
}

async function askToDownload(page) {
  await page.evaluate(() => delete window.showSaveFilePicker); // nobody could choose a place
  await listed(page);
  await button(page, /^Download/).click();
  await dialog(page).waitFor();
}

const pieces = (request) => asks('SystemTokens')(request) && request.postDataJSON().variables.limit === 1000;

export const list = [
  { name: 'the list', at: () => '/tokens', reach: listed },
  {
    name: 'filters open, with chips',
    at: ({ filter }) => `/tokens?permission=ManageCluster,ReadHealthCheck&state=Active,InGracePeriod&ends=365&filter=${filter}&creator=root`,
    reach: openFilters,
  },
  { name: 'every filter in use', at: every, reach: says('State: Ended') },
  { name: 'every filter in use, and open', at: every, reach: openFilters },
  { name: 'a list that is still read', at: () => '/tokens', answers: hold(asks('SystemTokens')), reach: (page) => page.locator('table[aria-busy=true]').waitFor(), busy: true },
  { name: 'a list that cannot be read', at: () => '/tokens', answers: refuse('SystemTokens', 'something went wrong on our side', { code: 'INTERNAL', requestId: '7f3a9c21' }), reach: says('something went wrong on our side') },
  {
    name: 'no tokens at all',
    at: () => '/tokens',
    answers: rewrite('SystemTokens', (data) => Object.assign(data.systemTokens, { totalResults: 0, results: [], endCursor: null, hasNextPage: false })),
    reach: (page) => page.getByRole('heading', { level: 2 }).first().waitFor(),
  },
  {
    name: 'page 517 of a thousand',
    at: () => '/tokens?page=517',
    answers: rewrite('SystemTokens', (data) => Object.assign(data.systemTokens, { totalResults: 50_000, hasNextPage: true }), { skip: 0 }),
    reach: says('of 1,000'),
  },
  { name: 'no match', at: () => '/tokens?q=nobody&ends=never', reach: (page) => page.getByRole('heading', { name: 'No token matches' }).waitFor() },
  { name: 'rows that are chosen', at: () => '/tokens?q=Prometheus', reach: chooseAll },
  {
    name: 'the deletion of several, some of them in use',
    at: () => '/tokens?q=o&sort=used&dir=desc',
    reach: async (page) => {
      await askToDelete(page);
      await dialog(page).getByText(/to go on$/).waitFor();
    },
  },
  {
    name: 'the deletion of several, after the number was typed',
    at: () => '/tokens?q=Vector&sort=used&dir=desc',
    reach: async (page) => {
      await askToDelete(page);
      await dialog(page).getByLabel(/^Type/).fill('delete 2');
    },
  },
  { name: 'the deletion of several that nobody uses', at: () => '/tokens?unused=90', reach: askToDelete },
  {
    name: 'the deletion of several, one of which is gone',
    at: () => '/tokens?unused=90',
    answers: refuse('DeleteSystemTokens', 'There is no token with the id 0yU108kRU1fk13p6GOLkM5s50HSX0rDK any more. None was deleted.', { code: 'NOT_FOUND' }),
    reach: async (page) => {
      await askToDelete(page);
      await dialog(page).getByRole('button', { name: /^Delete/ }).click();
      await dialog(page).getByText(/any more/).waitFor();
    },
  },
  {
    name: 'the reset of a secret',
    at: () => '/tokens?q=Argo',
    reach: async (page) => {
      await chooseAll(page);
      await button(page, 'Reset secret').click();
      await dialog(page).waitFor();
    },
  },
  { name: 'a download', at: () => '/tokens', reach: askToDownload },
  {
    name: 'a download under way',
    at: () => '/tokens',
    answers: async (page) => {
      await rewrite('SystemTokens', (data) => Object.assign(data.systemTokens, { totalResults: 100_000, hasNextPage: true }))(page);
      await hold((request) => pieces(request) && request.postDataJSON().variables.after !== null)(page);
    },
    reach: async (page) => {
      await askToDownload(page);
      await dialog(page).getByRole('button', { name: 'Download' }).click();
      await dialog(page).getByText(/ of 100,000$/).waitFor();
    },
    busy: true,
  },
  {
    name: 'a download that was cut off',
    at: () => '/tokens',
    answers: (page) => page.route('**/graphql', (route) => (pieces(route.request()) ? route.abort('connectionreset') : route.fallback())),
    fails: [/ERR_CONNECTION_RESET/],
    reach: async (page) => {
      await askToDownload(page);
      await dialog(page).getByRole('button', { name: 'Download' }).click();
      await dialog(page).getByText('The server does not answer.').waitFor();
    },
  },
  {
    name: 'a download that was cut off half way',
    at: () => '/tokens',
    answers: async (page) => {
      await rewrite('SystemTokens', (data) => Object.assign(data.systemTokens, { totalResults: 100_000, hasNextPage: true }))(page);
      await page.route('**/graphql', (route) => (pieces(route.request()) && route.request().postDataJSON().variables.after !== null ? route.abort('connectionreset') : route.fallback()));
    },
    fails: [/ERR_CONNECTION_RESET/],
    reach: async (page) => {
      await askToDownload(page);
      await dialog(page).getByRole('button', { name: 'Download' }).click();
      await dialog(page).getByText('What has come so far is kept.').waitFor();
    },
  },
  { name: 'what has ended', at: () => '/tokens?state=Ended', reach: listed },
  { name: 'the list on paper', at: () => '/tokens', media: 'print', reach: listed },
  { name: 'a list of long and strange names', on: 'strange', at: () => '/tokens', reach: listed },
];
