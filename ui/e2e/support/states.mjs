// What the page of a living server can show, one state each, and how each is shown: on the server
// of the demonstration, where nothing is changed, or on one with names and rights of every kind.
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';
import { hostileNames } from './hostile.mjs';
import { startServer } from './server.mjs';
import { denials } from './states/denied.mjs';
import { explorer, manual } from './states/explorer.mjs';
import { frame } from './states/frame.mjs';
import { list } from './states/list.mjs';
import { rules } from './states/rules.mjs';
import { tokens } from './states/tokens.mjs';

/**
 * A state is a `name`, the address `at` which it stands, and how it is `reach`ed from there. It may
 * be `on` the strange server; seen `as` a token that holds one permission, or null for who is not
 * signed in; have other `answers` than the server's; be reached at a `width`, or on paper, its
 * `media`; be `busy`; and cause the browser to note what `fails`.
 */
export const states = [...list, ...tokens, ...rules, ...frame, ...denials, ...explorer, ...manual];

/** The servers and browsers with which the states are shown, opened when they are needed. */
export async function openStage() {
  const opened = new Map();
  const once = (key, open) => opened.get(key) ?? opened.set(key, open()).get(key);
  const serverOf = (kind) => once(kind, kind === 'strange' ? strange : demonstration);

  const browserOf = ({ on, as = 'root' }) =>
    once(`${on}, ${as}`, async () => {
      const { server, strings } = await serverOf(on);
      const browser = await openBrowser(server);
      browser.page.on('dialog', (dialog) => dialog.accept()); // work is left unsaved
      if (as !== null) await browser.signIn(strings[as]);
      return browser;
    });

  return {
    /** Leads to a state, lets it come to rest, and gives the browser in which it is seen. */
    show: async (state) => {
      const browser = await browserOf(state);
      await show(browser, state, (await serverOf(state.on)).ids);
      return browser;
    },
    close: () => Promise.all([...opened.values()].map(async (one) => (await one).server?.close())),
  };
}

async function show(browser, state, ids) {
  const { page } = browser;
  await page.goto('about:blank');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.emulateMedia({ media: state.media ?? 'screen' });
  browser.expected.splice(0, Infinity, ...(state.fails ?? []));
  await page.setViewportSize({ width: state.width ?? 1280, height: 900 });
  await state.answers?.(page);
  await browser.goto(state.at(ids));
  await state.reach(page, ids);
  await page.waitForFunction((busy) => (busy || document.querySelector('[aria-busy=true]') === null) && document.fonts.status === 'loaded', state.busy ?? false);
}

async function demonstration() {
  const server = await startServer({ demo: true });
  const { tokens, gone, ipFilters } = await server.ask(`{
    tokens: systemTokens(limit: 100) { results { id name replaces } }
    gone: systemTokens(stateFilter: [Ended], searchFilter: "Contractor") { results { id } }
    ipFilters { id name }
  }`);
  const named = (name) => tokens.results.find((token) => token.name === name).id;
  const successor = tokens.results.find(({ replaces }) => replaces !== null);
  const ids = {
    filter: ipFilters.find(({ name }) => name === 'Kubernetes production').id,
    token: named('Jenkins: release pipeline'),
    maker: named('terraform platform'),
    successor: successor.id,
    predecessor: successor.replaces,
    ended: gone.results[0].id,
  };
  return { server, strings: { root: server.token }, ids };
}

/** Names that people and machines give when they mean harm, and tokens that may do little. */
async function strange() {
  const server = await startServer();
  const filter = await server.makeFilter('office '.repeat(36).trim(), '# the longest line there is\nallow 127.0.0.0/8\nallow 2001:db8:ffff:ffff:ffff:ffff:ffff:fff0/124 # as long as an address can be\nallow 127.0.0.1\n');
  for (const [n, name] of hostileNames(31).entries()) {
    await server.make({ name, note: n % 4 === 0 ? name.slice(0, 200) : null, permissions: n % 3 === 0 ? ['PatchGlobal', 'ReadHealthCheck'] : [], ipFilterId: n % 2 ? filter : null, expiresIn: { amount: 1 + n * 9, unit: 'Days' } });
  }
  const long = await server.make({ name: 'no-break-'.repeat(28), note: 'W'.repeat(500), permissions: ['ReadHealthCheck'], ipFilterId: filter });
  const strings = { root: server.token };
  const own = {};
  for (const permission of ['ReadHealthCheck', 'ManageCluster', 'ChangeSystemPermissions']) {
    const { token, tokenMetadata } = await server.make({ name: `holds ${permission}`, permissions: [permission] });
    strings[permission] = token;
    own[permission] = tokenMetadata.id;
  }
  return { server, strings, ids: { filter, long: long.tokenMetadata.id, own } };
}

/** Makes the window as wide, and fails if the page is wider, or a text in it is cut. */
export async function widen(page, width, what) {
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${what} is ${over} px too wide at ${width}`);
  assert.deepEqual(await page.evaluate(sideways), [], `of ${what} something has to be scrolled sideways at ${width}`);
  assert.deepEqual(await page.evaluate(cutTexts), [], `texts of ${what} are cut at ${width}`);
}

/**
 * What has to be scrolled sideways, though it is neither code nor rules, nor a table that the
 * keyboard reaches. Runs in the page.
 */
function sideways() {
  const scrolls = (box) => /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth + 1;
  const meant = (box) => box.closest('pre, [tabindex="0"], input, textarea, .monaco-editor, .graphiql-container') !== null || box.querySelector(':scope > div > textarea') !== null;
  return [...document.body.querySelectorAll('*')].filter((box) => scrolls(box) && !meant(box)).map((box) => `${box.tagName}.${box.className}`);
}

/**
 * The texts of which a part cannot be seen, nor be scrolled to, though nothing shows that they go
 * on. Runs in the page.
 */
function cutTexts() {
  const cut = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest('.monaco-editor') !== null) continue; // it scrolls in a way of its own
    if (text.data.trim() === '' || !text.parentElement.checkVisibility({ visibilityProperty: true })) continue;
    range.selectNodeContents(text);
    const { left, right, top, bottom, width, height } = range.getBoundingClientRect();
    if (width === 0 || height === 0) continue;
    for (let box = text.parentElement; box !== null && box !== document.documentElement; box = box.parentElement) {
      const { overflowX, overflowY, textOverflow, webkitLineClamp, position, clipPath } = getComputedStyle(box);
      const place = box.getBoundingClientRect();
      if (clipPath !== 'none' || (place.width <= 1 && place.height <= 1)) break; // for screen readers alone
      if (textOverflow === 'ellipsis' || webkitLineClamp !== 'none') break;
      const outside = [overflowX !== 'visible' && (left < place.left - 1 || right > place.right + 1), overflowY !== 'visible' && (top < place.top - 1 || bottom > place.bottom + 1)];
      const scrolls = [/auto|scroll/.test(overflowX), /auto|scroll/.test(overflowY)];
      if (outside.some((is, axis) => is && !scrolls[axis])) cut.push(`“${text.data.trim().slice(0, 60)}” by ${box.tagName}.${box.className}`);
      if (outside.some(Boolean) || scrolls.some(Boolean) || position === 'fixed') break;
    }
  }
  return cut;
}
