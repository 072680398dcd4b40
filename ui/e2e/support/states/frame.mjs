// The frame of the page: the band, what opens from it, and what is said of the server and session.
import { button, dialog, headed, listed, rewrite, says } from './parts.mjs';

async function command(page, typed) {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await dialog(page).getByRole('textbox').fill(typed);
}

const status = (answer) => (page) => page.route('**/api/v1/status', answer);
const unreachable = status((route) => route.abort('connectionrefused'));
const unanswered = /ERR_CONNECTION_REFUSED/;

/** Has the server say that the session ends in five minutes. */
const endsSoon = rewrite('Viewer', (data) => {
  data.viewer.sessionExpiresAt = Date.now() + 5 * 60_000;
});

/** Refuses what is asked from now on, and has the page ask. */
const refused = (code, text) => async (page) => {
  await listed(page);
  await page.route('**/graphql', (route) => route.fulfill({ status: code, body: text }));
  await page.getByRole('link', { name: 'Audit log' }).click();
  await dialog(page).getByLabel('Token').waitFor();
};

export const frame = [
  { name: 'the command bar', at: () => '/audit-log', reach: (page) => command(page, '') },
  {
    name: 'where the command bar leads',
    at: () => '/audit-log',
    reach: async (page) => {
      await command(page, 'pro');
      await dialog(page).getByRole('menuitem', { name: /^Prometheus/ }).first().waitFor();
    },
  },
  {
    name: 'a command bar that finds nothing',
    at: () => '/audit-log',
    reach: async (page) => {
      await command(page, 'zebra');
      await dialog(page).getByText('Nothing of that name.').waitFor();
    },
  },
  {
    name: 'a command bar into which a string was pasted',
    at: () => '/audit-log',
    reach: async (page, { token }) => {
      await command(page, `${token}~${'x'.repeat(44)}`);
      await dialog(page).getByRole('menuitem', { name: /^Jenkins/ }).waitFor();
    },
  },
  {
    name: 'a command bar with a long name',
    on: 'strange',
    at: () => '/audit-log',
    reach: async (page) => {
      await command(page, 'WWW');
      await dialog(page).getByRole('menuitem', { name: /^WWW/ }).first().waitFor();
    },
  },
  {
    name: 'the profile of root',
    at: () => '/tokens',
    reach: async (page) => {
      await button(page, /^Profile of/).click();
      await dialog(page).waitFor();
    },
  },
  {
    name: 'the profile of a token that may do little',
    on: 'strange',
    as: 'ManageCluster',
    at: () => '/ip-filters',
    reach: async (page) => {
      await button(page, /^Profile of/).click();
      await dialog(page).waitFor();
    },
  },
  {
    name: 'the keyboard shortcuts',
    at: () => '/tokens',
    reach: async (page) => {
      await listed(page);
      await page.keyboard.press('?');
      await dialog(page).waitFor();
    },
  },
  {
    name: 'a session that is about to end',
    at: () => '/tokens',
    answers: endsSoon,
    reach: says(/^Your session ends in/),
  },
  {
    name: 'signing in again before a session ends',
    at: () => '/tokens',
    answers: endsSoon,
    reach: async (page) => {
      await button(page, 'Sign in again').click();
      await dialog(page).waitFor();
    },
  },
  { name: 'a session that has ended', at: () => '/tokens', fails: [/status of 401/], reach: refused(401, 'unauthenticated') },
  { name: 'an address that is not let through', at: () => '/tokens', fails: [/status of 403/], reach: refused(403, 'The address 198.51.100.7 is not let through by the IP filter of this token.') },
  { name: 'a server that does not answer', at: () => '/tokens', answers: unreachable, fails: [unanswered], reach: says('What you see may be old') },
  { name: 'a server that reports a fault', at: () => '/tokens', answers: status((route) => route.fulfill({ json: { status: 'DOWN', version: '0' } })), reach: says('The server reports a fault') },
  {
    name: 'a server that did not answer when the page was opened',
    at: () => '/tokens',
    answers: (page) => page.route('**/api/v1/*', (route) => route.abort('connectionrefused')),
    fails: [unanswered],
    reach: says('The page goes on by itself as soon as the server is back.'),
  },
  { name: 'an address that leads nowhere', at: () => '/nothing-here', fails: [/status of 404/], reach: headed(/./) },
  { name: 'the sign-in page', as: null, at: () => '/sign-in', reach: (page) => page.getByLabel('Token').waitFor() },
  {
    name: 'a sign-in that is refused',
    as: null,
    at: () => '/sign-in',
    reach: async (page) => {
      await page.getByLabel('Token').fill('no token');
      await button(page, 'Sign in').click();
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
];
