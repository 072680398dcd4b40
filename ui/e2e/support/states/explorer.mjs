// The explorer, and the manual: documents of their own.
import { button } from './parts.mjs';

const path = '/docs/api-explorer';
const ready = (page) => page.waitForFunction(() => globalThis.__MONACO?.editor.getEditors().length === 4);

async function run(page) {
  await ready(page);
  await button(page, /^Run /).click();
  await page.getByRole('status').filter({ hasText: /^Answered/ }).waitFor();
}

async function choose(page, example) {
  await ready(page);
  await button(page, /^Examples/).click();
  await page.getByRole('menuitem', { name: example }).click();
}

const type = (page, text) =>
  page.evaluate((text) => globalThis.__MONACO.editor.getModels().find(({ uri }) => uri.path.includes('operation')).setValue(text), text);

async function docs(page) {
  await ready(page);
  await page.getByRole('tab', { name: 'Docs' }).click();
  await page.getByText('Root Types').waitFor();
}

const at = () => path;

export const explorer = [
  { name: 'the explorer', at, reach: ready },
  { name: 'the explorer for who is not signed in', as: null, at, reach: ready },
  { name: 'an answer in the explorer', at, reach: run },
  {
    name: 'an answer with errors in the explorer',
    at,
    reach: async (page) => {
      await ready(page);
      await type(page, '{ viewer { id } systemTokens(limit: 5000) { totalResults } nothing }');
      await run(page);
    },
  },
  {
    name: 'the examples in the explorer',
    at,
    reach: async (page) => {
      await ready(page);
      await button(page, /^Examples/).click();
      await page.getByRole('menuitem').first().waitFor();
    },
  },
  {
    name: 'several queries in the explorer, and its documentation',
    at,
    reach: async (page) => {
      await ready(page);
      await type(page, '{ viewer { id } }');
      await choose(page, 'Make one like this one');
      await page.getByRole('list', { name: 'Open queries' }).waitFor();
      await docs(page);
    },
  },
  { name: 'the explorer on a phone', width: 360, at, reach: ready },
  { name: 'an answer in the explorer on a phone', width: 360, at, reach: run },
  { name: 'the documentation of the explorer on a phone', width: 360, at, reach: docs },
  {
    name: 'the shortcuts of the explorer',
    at,
    reach: async (page) => {
      await ready(page);
      await button(page, /^Profile of/).click();
      await button(page, 'Keyboard shortcuts').click();
      await page.getByText('Run what is in the editor').waitFor();
    },
  },
];

const page = (name, at) => ({ name, as: null, at: () => at, reach: (page) => page.getByRole('heading', { level: 1 }).waitFor() });

export const manual = [
  page('the manual', '/docs/'),
  page('the ten jobs', '/docs/jobs'),
  page('how to run it, in the manual', '/docs/operations'),
  page('the API, in the manual', '/docs/api'),
  page('figures in the manual', '/docs/performance'),
  { ...page('a page of the manual on paper', '/docs/jobs'), media: 'print' },
];
