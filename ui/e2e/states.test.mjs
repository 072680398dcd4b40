// Each state of the page at five widths, in both schemes: with E2E_ALL, each at all. Without, one
// in four is looked at, by axe at one width and in one scheme, which differ from its neighbour's.
import { after, before, test } from 'node:test';
import { closeBrowser } from './support/browser.mjs';
import { openStage, states, widen } from './support/states.mjs';

const widths = [320, 768, 1280, 1920, 2560];
const schemes = ['light', 'dark'];
const paper = widths.filter((width) => width >= 768);
const unpressed = { 'target-size': { enabled: false } }; // on paper nothing is
const all = process.env.E2E_ALL !== undefined;
let stage;

before(async () => {
  stage = await openStage();
});
after(() => Promise.all([stage.close(), closeBrowser()]));

for (const [n, state] of states.filter((_, n) => all || n % 4 === 0).entries()) {
  test(`nothing is wrong with ${state.name}`, async () => {
    const browser = await stage.show(state);
    const shown = state.media === 'print' ? paper : widths;
    for (const [k, width] of shown.entries()) {
      await widen(browser.page, width, state.name);
      const seen = all ? schemes : n % shown.length === k ? [schemes[n % schemes.length]] : [];
      if (seen.length > 0) await browser.axe(`${state.name} at ${width}`, seen, state.media === 'print' ? unpressed : {});
    }
    browser.calm();
  });
}
