// What the page of a living server can show, one state each: how it is reached on the server of the
// demonstration, with nothing changed there.
import assert from 'node:assert/strict';

const button = (page, name) => page.getByRole('button', { name });
const dialog = (page) => page.locator('[role=dialog], [role=alertdialog]');
const listed = (page) => page.locator('table[aria-busy=false] tbody a').first().waitFor();

async function chooseAll(page) {
  await listed(page);
  await page.getByRole('checkbox', { name: 'All tokens on this page' }).check();
}

export const states = [
  { name: 'the list', at: () => '/tokens', reach: listed },
  {
    name: 'filters open, with chips',
    at: ({ filter }) => `/tokens?permission=ManageCluster,ReadHealthCheck&state=Active,InGracePeriod&ends=365&filter=${filter}&creator=root`,
    reach: async (page) => {
      await button(page, 'More filters').click();
      await page.getByRole('checkbox', { name: 'Manage cluster' }).waitFor();
    },
  },
  { name: 'no match', at: () => '/tokens?q=nobody&ends=never', reach: (page) => page.getByRole('heading', { name: 'No token matches' }).waitFor() },
  { name: 'rows that are chosen', at: () => '/tokens?q=Prometheus', reach: chooseAll },
  {
    name: 'the deletion of several, some of them in use',
    at: () => '/tokens?q=o&sort=used&dir=desc',
    reach: async (page) => {
      await chooseAll(page);
      await button(page, /^Delete \d+ tokens/).click();
      await dialog(page).getByText(/to go on$/).waitFor();
    },
  },
  {
    name: 'a download',
    at: () => '/tokens',
    reach: async (page) => {
      await listed(page);
      await button(page, /^Download/).click();
      await dialog(page).waitFor();
    },
  },
  { name: 'what has ended', at: () => '/tokens?state=Ended', reach: listed },
  { name: 'an ended token', at: ({ ended }) => `/tokens/${ended}`, reach: (page) => page.getByText('somebody still tries to use it').waitFor() },
  { name: 'a token with its history', at: ({ token }) => `/tokens/${token}`, reach: (page) => page.getByRole('region', { name: 'History' }).getByText(/^It was made/).waitFor() },
  { name: 'a token whose predecessor works', at: ({ successor }) => `/tokens/${successor}`, reach: (page) => page.getByText('The string before this one still works').waitFor() },
  { name: 'a form filled in like another token', at: ({ token }) => `/tokens/new?like=${token}`, reach: (page) => page.getByText('Filled in like').waitFor() },
  {
    name: 'a form filled in by a link',
    at: ({ filter }) => `/tokens/new?name=nurse&permissions=ReadHealthCheck,PatchGlobal,Everything&days=7&filter=${filter}`,
    reach: (page) => page.getByText('A link filled this in').waitFor(),
  },
  { name: 'the rules of a filter', at: ({ filter }) => `/ip-filters/${filter}`, reach: (page) => page.getByRole('heading', { level: 1, name: 'Kubernetes production' }).waitFor() },
  {
    name: 'whom new rules of a filter refuse',
    at: ({ filter }) => `/ip-filters/${filter}`,
    reach: async (page) => {
      await page.getByRole('textbox', { name: 'Rules' }).fill('allow 10.72.0.0/16');
      await button(page, 'Save filter').click();
      await dialog(page).getByText(/newly admitted/).waitFor();
    },
  },
  {
    name: 'what a policy would do',
    at: () => '/security-policies',
    reach: async (page) => {
      await page.getByRole('spinbutton', { name: 'Maximum life of system tokens' }).fill('200');
      await button(page, /^Delete \d+ tokens?, shorten/).waitFor();
      await page.getByRole('table', { name: 'Tokens that change' }).waitFor();
    },
  },
  {
    name: 'the question before a policy is saved',
    at: () => '/security-policies',
    reach: async (page) => {
      await page.getByRole('spinbutton', { name: 'Maximum life of system tokens' }).fill('200');
      await button(page, /^Delete \d+ tokens?, shorten/).click();
      await dialog(page).waitFor();
    },
  },
  {
    name: 'the question before unsaved work is left',
    at: () => '/ip-filters/new',
    reach: async (page) => {
      await page.getByLabel('Name').fill('half a filter');
      await page.getByRole('link', { name: 'Audit log' }).click();
      await dialog(page).getByText('Leave what is not saved?').waitFor();
    },
  },
  {
    name: 'an entry of the audit log',
    at: () => '/audit-log?action=updateIPFilter',
    reach: (page) => button(page, 'Details').first().click(),
  },
  {
    name: 'where the command bar leads',
    at: () => '/audit-log',
    reach: async (page) => {
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.keyboard.press('Control+k');
      await dialog(page).getByRole('textbox').fill('pro');
      await dialog(page).getByRole('menuitem', { name: /^Prometheus/ }).first().waitFor();
    },
  },
  {
    name: 'a session that is about to end',
    soon: true,
    at: () => '/tokens',
    reach: async (page) => {
      await page.getByText(/^Your session ends in/).waitFor();
      await button(page, 'Sign in again').click();
      await dialog(page).waitFor();
    },
  },
];

/** The ids that the addresses of the states are made of. */
export async function idsOf(server) {
  const { tokens, gone, ipFilters } = await server.ask(`{
    tokens: systemTokens(limit: 100) { results { id name replaces } }
    gone: systemTokens(stateFilter: [Ended], searchFilter: "Contractor") { results { id } }
    ipFilters { id name }
  }`);
  return {
    filter: ipFilters.find(({ name }) => name === 'Kubernetes production').id,
    token: tokens.results.find(({ name }) => name === 'Jenkins: release pipeline').id,
    successor: tokens.results.find(({ replaces }) => replaces !== null).id,
    ended: gone.results[0].id,
  };
}

/** Leads to a state, and lets it come to rest. */
export async function show(browser, state, ids) {
  const { page } = browser;
  await page.unrouteAll();
  if (state.soon) await endSoon(page);
  await browser.goto(state.at(ids));
  await state.reach(page);
  await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null && document.fonts.status === 'loaded');
}

/** Has the server say that the session ends in five minutes. */
const endSoon = (page) =>
  page.route('**/graphql', async (route) => {
    if (!route.request().postData().includes('query Viewer')) return route.continue();
    const response = await route.fetch();
    const answer = await response.json();
    answer.data.viewer.sessionExpiresAt = Date.now() + 5 * 60_000;
    return route.fulfill({ response, json: answer });
  });

/** Makes the window as wide, and fails if the page is wider. */
export async function widen(page, width, what) {
  await page.setViewportSize({ width, height: 900 });
  const over = await page.evaluate(
    () => new Promise((measured) => requestAnimationFrame(() => requestAnimationFrame(() => measured(document.documentElement.scrollWidth - document.documentElement.clientWidth)))),
  );
  assert.ok(over <= 0, `${what} is ${over} px too wide at ${width}`);
}
