// What docs/jobs.md tells people to do, read and done by keyboard alone.
import { readFileSync } from 'node:fs';

const ways = [
  [/^Press \*\*(.+?)\*\*( in the dialog)?$/, (name, where) => ({ act: 'press', name, inDialog: where !== undefined })],
  [/^Tick \*\*(.+?)\*\*$/, (name) => ({ act: 'tick', name })],
  [/^Type `(.+?)` into \*\*(.+?)\*\*( in the dialog)?$/, (text, name, where) => ({ act: 'type', text, name, inDialog: where !== undefined })],
  [/^Choose `(.+?)` in \*\*(.+?)\*\*$/, (text, name) => ({ act: 'choose', text, name })],
  [/^Press `(.+?)` and (?:type|paste) `(.+?)`$/, (key, text) => ({ act: 'key', key, text })],
  [/^Press `(.+?)`$/, (key) => ({ act: 'key', key })],
];

/** A step as it is written: its first sentence says what is done, the others why. */
function stepOf(line) {
  const [sentence] = line.split(/\.(?=\s|$)/);
  for (const [form, step] of ways) {
    const found = form.exec(sentence);
    if (found) return { sentence, ...step(...found.slice(1)) };
  }
  throw new Error(`docs/jobs.md: a reader may understand “${sentence}”, the test does not`);
}

/**
 * The jobs of docs/jobs.md: each with its title, its steps, what they may take, and what is seen
 * then.
 */
export function readJobs() {
  const text = readFileSync(new URL('../../../docs/jobs.md', import.meta.url), 'utf8');
  return text
    .split(/^## \d+\. /m)
    .slice(1)
    .map((part) => {
      const [title] = part.split('\n');
      const said = /^(\d+) steps?, at most (\d+) keys\.$/m.exec(part);
      if (!said) throw new Error(`docs/jobs.md: “${title}” does not say how many steps and keys it takes`);
      const steps = [...part.matchAll(/^\d+\. ((?:.+)(?:\n {3}.+)*)/gm)].map(([, line]) => stepOf(line.replace(/\s+/g, ' ')));
      const then = /^Then ([^]*?)(?:\n\n|$)/m.exec(part)?.[1] ?? '';
      const seen = [...then.matchAll(/\*\*([^]+?)\*\*/g)].map(([, words]) => words.replace(/\s+/g, ' '));
      return { title, steps, mostSteps: Number(said[1]), mostKeys: Number(said[2]), seen };
    });
}

const roles = { press: ['button', 'link'], tick: ['checkbox', 'switch', 'radio'], type: ['textbox', 'searchbox', 'spinbutton', 'combobox'], choose: ['combobox'] };
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Somebody at a keyboard. Counts the keys, apart from the letters of what is typed. */
export function typist(page) {
  let keys = 0;
  const press = async (key) => {
    keys++;
    await page.keyboard.press(key);
  };

  /** What is called so, or begins so: a button may also say how many. */
  const find = ({ act, name, inDialog }) => {
    const within = inDialog ? page.locator('[role=dialog], [role=alertdialog]') : page.locator('body');
    const named = new RegExp(`^${literal(name)}(?![\\p{L}\\p{N}])`, 'u');
    return roles[act].map((role) => within.getByRole(role, { name: named })).reduce((all, more) => all.or(more));
  };

  const goTo = async (step) => {
    const target = find(step);
    await target.first().waitFor();
    const there = () => target.evaluateAll((all) => all.includes(document.activeElement));
    const { skips, behind } = await target.first().evaluate((e) => ({
      skips: document.activeElement === document.body && e.closest('main') !== null,
      behind: document.activeElement !== document.body && (e.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
    }));
    if (skips) {
      await press('Tab');
      await press('Enter'); // skips to the content
    }
    for (let i = 0; i < 80; i++) {
      if (await there()) return;
      await press(behind ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`no Tab leads to “${step.name}”`);
  };

  const acts = {
    press: () => press('Enter'),
    tick: () => press('Space'),
    type: async ({ text }) => {
      await press('ControlOrMeta+A'); // takes the place of what stands there
      await page.keyboard.type(text);
    },
    choose: ({ text }) => page.keyboard.type(text),
  };

  const anywhere = async ({ key, text }) => {
    await press(key);
    if (text === undefined) return;
    await page.waitForFunction(() => document.activeElement.matches('[role=dialog] input'));
    await page.keyboard.insertText(text);
  };

  /** Looks up until the page has taken what was typed, and shows what it led to. */
  const lookUp = async () => {
    await page.evaluate(() => new Promise((rested) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(rested)), 250)));
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
  };

  return {
    keys: () => keys,
    /** Does one step as it is written; texts in it that stand for others are replaced. */
    do: async (step, standsFor = {}) => {
      const text = standsFor[step.text] ?? step.text;
      if (step.act === 'key') await anywhere({ ...step, text });
      else {
        await goTo(step);
        await acts[step.act]({ ...step, text });
      }
      await lookUp();
    },
  };
}
