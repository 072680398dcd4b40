// Pictures of the page on the server of the demonstration. Without an argument those of README.md;
// with a folder, each state at three widths in both schemes, to be looked at. pngquant, where there
// is one, makes those of README.md a third as large.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeBrowser } from './support/browser.mjs';
import { openStage, states } from './support/states.mjs';

const shown = { 'the list': 'list', 'what a policy would do': 'policy', 'a form filled in like another token': 'create' };
const folder = process.argv[2];
const stage = await openStage();
const take = async (page, path, options) => {
  await page.waitForTimeout(200); // colours may fade over at most 150 ms
  await page.screenshot({ path, ...options });
  console.log(path);
};

/** One of README.md. */
async function takeShown(page, name) {
  const path = fileURLToPath(new URL(`../../docs/screenshots/${name}.png`, import.meta.url));
  await page.setViewportSize({ width: 1280, height: 840 });
  await page.emulateMedia({ colorScheme: 'light' });
  await take(page, path);
  const packed = spawnSync('pngquant', ['--force', '--ext', '.png', '--strip', '--speed', '1', '128', path]);
  if (packed.status !== 0) console.log('it is large: no pngquant has packed it');
}

async function takeAll(page, number) {
  for (const width of [360, 1280, 2560])
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: width === 360 ? 780 : 900 });
      await page.emulateMedia({ colorScheme });
      await take(page, join(folder, `${number}-${width}-${colorScheme}.png`), { fullPage: width === 360 });
    }
}

try {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  for (const [n, state] of states.entries()) {
    if (folder === undefined && shown[state.name] === undefined) continue;
    const { page } = await stage.show(state);
    await page.evaluate(() => document.activeElement?.blur());
    if (folder === undefined) await takeShown(page, shown[state.name]);
    else await takeAll(page, String(n + 1).padStart(3, '0'));
  }
} finally {
  await closeBrowser();
  await stage.close();
}
