// IP filters, security policies and the audit log.
import assert from 'node:assert/strict';
import { asks, button, dialog, headed, hold, listed, says } from './parts.mjs';

const stillRead = async (page) => {
  await headed('Audit log')(page);
  assert.equal(await page.getByText('No entries').count(), 0, 'what is not read yet is called empty');
};
const limit = (page) => page.getByRole('spinbutton', { name: 'Maximum life of system tokens' });

async function shorten(page) {
  await limit(page).fill('200');
  await button(page, /^Delete \d+ tokens?, shorten/).waitFor();
}

async function admitFewer(page) {
  await page.getByRole('textbox', { name: 'Rules' }).fill('allow 10.72.0.0/16');
  await button(page, 'Save filter').click();
  await dialog(page).getByText(/newly admitted/).waitFor();
}

export const rules = [
  { name: 'the IP filters', at: () => '/ip-filters', reach: listed },
  { name: 'IP filters of long names', on: 'strange', at: () => '/ip-filters', reach: listed },
  { name: 'the rules of a filter', at: ({ filter }) => `/ip-filters/${filter}`, reach: headed('Kubernetes production') },
  { name: 'the rules of a filter with a long name', on: 'strange', at: ({ filter }) => `/ip-filters/${filter}`, reach: (page) => page.getByRole('textbox', { name: 'Rules' }).waitFor() },
  {
    name: 'an address that a filter is tried with',
    at: ({ filter }) => `/ip-filters/${filter}`,
    reach: async (page) => {
      await page.getByLabel('Address').first().fill('10.64.200.1');
      await page.getByText(/refused|denied|does not pass|It is/i).first().waitFor();
    },
  },
  { name: 'whom new rules of a filter refuse', at: ({ filter }) => `/ip-filters/${filter}`, reach: admitFewer },
  {
    name: 'whom new rules of a filter refuse, after the number was typed',
    at: ({ filter }) => `/ip-filters/${filter}`,
    reach: async (page) => {
      await admitFewer(page);
      const phrase = /refuse \d+/.exec(await dialog(page).getByText(/^Type/).first().textContent())[0];
      await dialog(page).getByLabel(/^Type/).fill(phrase);
    },
  },
  {
    name: 'the deletion of a filter that tokens use',
    at: ({ filter }) => `/ip-filters/${filter}`,
    reach: async (page) => {
      await button(page, 'Delete filter').click();
      await dialog(page).waitFor();
    },
  },
  { name: 'a new filter', at: () => '/ip-filters/new', reach: headed(/IP filter/) },
  {
    name: 'a new filter that is refused',
    at: () => '/ip-filters/new',
    reach: async (page) => {
      await page.getByRole('textbox', { name: 'Rules' }).fill('allow nobody\nallow 10.0.0.0/8\nallow 10.1.0.0/16\n');
      await button(page, 'Create filter').click();
      await page.getByRole('alert').filter({ hasText: 'Look at' }).waitFor();
    },
  },
  { name: 'a filter that is not there', at: () => '/ip-filters/none', reach: says('This filter is not there any more') },
  {
    name: 'the question before unsaved work is left',
    at: () => '/ip-filters/new',
    reach: async (page) => {
      await page.getByLabel('Name').fill('half a filter');
      await page.getByRole('link', { name: 'Audit log' }).click();
      await dialog(page).getByText('Leave what is not saved?').waitFor();
    },
  },
  { name: 'the security policies', at: () => '/security-policies', reach: (page) => limit(page).waitFor() },
  {
    name: 'what a policy would do',
    at: () => '/security-policies',
    reach: async (page) => {
      await shorten(page);
      await page.getByRole('table', { name: 'Tokens that change' }).waitFor();
    },
  },
  {
    name: 'the question before a policy is saved',
    at: () => '/security-policies',
    reach: async (page) => {
      await shorten(page);
      await button(page, /^Delete \d+ tokens?, shorten/).click();
      await dialog(page).waitFor();
    },
  },
  {
    name: 'a policy that cannot be',
    at: () => '/security-policies',
    reach: async (page) => {
      await limit(page).fill('1000000000000000');
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
  { name: 'the audit log', at: () => '/audit-log', reach: (page) => button(page, 'Details').first().waitFor() },
  { name: 'an entry of the audit log', at: () => '/audit-log?action=updateIPFilter', reach: (page) => button(page, 'Details').first().click() },
  { name: 'an audit log that is still read', at: () => '/audit-log', answers: hold(asks('AuditEvents')), reach: stillRead, busy: true },
  { name: 'an audit log in which nothing matches', at: () => '/audit-log?token=nobody', reach: (page) => page.getByText(/^No entr/).first().waitFor() },
  { name: 'an audit log of long names', on: 'strange', at: () => '/audit-log', reach: (page) => button(page, 'Details').first().waitFor() },
];
