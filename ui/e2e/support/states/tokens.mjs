// One token: what there is to see of it, what can be done with it, and how one is made.
import assert from 'node:assert/strict';
import { button, dialog, headed, refuse, rewrite, says } from './parts.mjs';

const history = (page) => page.getByRole('list', { name: 'History' }).getByText(/Made by/).first().waitFor();

async function reveal(page, name) {
  await page.getByLabel('Token name').fill(name);
  await button(page, 'Create token').click();
  await page.getByTestId('secret').waitFor();
}

export const tokens = [
  { name: 'a token with its history', at: ({ token }) => `/tokens/${token}`, reach: history },
  { name: 'an ended token', at: ({ ended }) => `/tokens/${ended}`, reach: says('somebody still tries to use it') },
  {
    name: 'a token that has expired',
    at: ({ token }) => `/tokens/${token}`,
    answers: rewrite('Token', ({ token }) => Object.assign(token, { expired: true, expireAt: Date.now() - 60_000 })),
    reach: async (page) => {
      await history(page);
      assert.equal(await button(page, 'Update permissions').count(), 0, 'what the server refuses is offered');
    },
  },
  { name: 'a token whose predecessor works', at: ({ successor }) => `/tokens/${successor}`, reach: says('The string before this one still works') },
  { name: 'a token in its grace period', at: ({ predecessor }) => `/tokens/${predecessor}`, reach: says('Its secret was reset') },
  { name: 'a token that is not there', at: () => '/tokens/none', reach: says('This token is not there any more') },
  { name: 'a token of a long name', on: 'strange', at: ({ long }) => `/tokens/${long}`, reach: history },
  { name: 'a token on paper', at: ({ token }) => `/tokens/${token}`, media: 'print', reach: history },
  {
    name: 'a note that is changed',
    at: ({ token }) => `/tokens/${token}`,
    reach: async (page) => {
      await button(page, 'Change note').click();
      await page.getByRole('textbox', { name: 'Note' }).waitFor();
    },
  },
  {
    name: 'a note that is refused',
    at: ({ token }) => `/tokens/${token}`,
    reach: async (page) => {
      await button(page, 'Change note').click();
      await page.getByRole('textbox', { name: 'Note' }).fill('Runs on the gateway itself. '.repeat(18));
      await page.keyboard.press('Enter');
      await page.getByText(/at most 500 are possible/).waitFor();
    },
  },
  {
    name: 'the permissions of a token, while they are changed',
    at: ({ token }) => `/tokens/${token}`,
    reach: async (page) => {
      await button(page, 'Update permissions').click();
      await dialog(page).getByRole('checkbox', { name: /Patch global/ }).click({ force: true });
      await dialog(page).getByText(/^Adds/).waitFor();
    },
  },
  {
    name: 'the reset of a secret while the string before it works',
    at: ({ successor }) => `/tokens/${successor}`,
    reach: async (page) => {
      await button(page, 'Reset secret').click();
      await dialog(page).getByText('End it, so that this one can be reset').waitFor();
    },
  },
  {
    name: 'the deletion of a token that made others',
    at: ({ maker }) => `/tokens/${maker}`,
    reach: async (page) => {
      await button(page, 'Delete token').click();
      await dialog(page).getByText(/go on working/).waitFor();
    },
  },
  { name: 'the form of a new token', at: () => '/tokens/new', reach: (page) => page.getByRole('checkbox', { name: /Read cluster health check/ }).waitFor() },
  {
    name: 'a new token that is refused',
    at: () => '/tokens/new',
    reach: async (page) => {
      await page.getByRole('spinbutton', { name: 'Amount of time' }).fill('99999999');
      await page.getByRole('checkbox', { name: /Patch global/ }).click({ force: true });
      await button(page, 'Create token').click();
      await page.getByRole('alert').filter({ hasText: 'Look at' }).waitFor();
    },
  },
  { name: 'a form filled in like another token', at: ({ token }) => `/tokens/new?like=${token}`, reach: says('Filled in like') },
  {
    name: 'a form filled in by a link',
    at: ({ filter }) => `/tokens/new?name=nurse&permissions=ReadHealthCheck,PatchGlobal,Everything&days=7&filter=${filter}`,
    reach: says('A link filled this in'),
  },
  {
    name: 'the string of a new token',
    on: 'strange',
    at: () => '/tokens/new',
    reach: (page) => reveal(page, 'Vector agents, new site'),
  },
  {
    name: 'the question whether the string of a token with a long name is stored',
    on: 'strange',
    at: () => '/tokens/new',
    reach: async (page) => {
      await reveal(page, 'no-break-'.repeat(28));
      await button(page, 'Done').click();
      await page.getByText('Is the string stored?').waitFor();
    },
  },
  {
    name: 'a token that was just made',
    on: 'strange',
    at: () => '/tokens/new',
    reach: async (page) => {
      await reveal(page, 'Vector agents, another site');
      await button(page, 'Done').click();
      await button(page, 'It is stored, close').click();
      await page.getByText(/is made\.$/).waitFor();
    },
  },
  { name: 'a token that cannot be read', at: ({ token }) => `/tokens/${token}`, answers: refuse('Token', 'something went wrong on our side', { code: 'INTERNAL', requestId: '7f3a9c21' }), reach: headed('System token') },
];
