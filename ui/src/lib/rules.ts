// What the page needs to know about the text of a filter to draw it. It does not parse rules: the
// server does, and says which lines it could not read. A text may have ten thousand lines and is
// looked at on every key: nothing here makes a thing of each line that is not needed.

/** The lines as the server counts them: only a newline ends one. */
export function linesOf(text: string): string[] {
  return text.split('\n');
}

/** What a refusal says of each line that it names, by the line's number, beside which it stands. */
export function sentencesByLine(refusal: string | undefined): ReadonlyMap<number, string> {
  const byLine = new Map<number, string>();
  for (const sentence of refusal?.split('\n') ?? []) {
    const found = sentence.match(/\bline (\d+)/i);
    if (found === null) continue;
    const line = Number(found[1]);
    const earlier = byLine.get(line);
    const said = sentence.replace(/^line \d+: /, '');
    byLine.set(line, earlier === undefined ? said : `${earlier} ${said}`);
  }
  return byLine;
}

// Up to a comment, behind the begin of the line or a semicolon.
const allowing = /^(?:[^#\n]*;)?[ \t\r]*allow[ \t]/im;
const anyRule = /^[;\s]*[^#;\s]/m;

/**
 * Whether any rule allows something. Then what no rule names is denied; the last line, unwritten,
 * says so.
 */
export function impliedRule(text: string): 'allow all' | 'deny all' {
  return allowing.test(text) ? 'deny all' : 'allow all';
}

export function isEmptyOfRules(text: string): boolean {
  return !anyRule.test(text);
}

/** The longest line, which says how wide all of them together are. */
export function longestOf(lines: readonly string[]): string {
  return lines.reduce((longest, line) => (line.length > longest.length ? line : longest), '');
}

/** Rules that let an address through whatever follows: the first line that matches decides. */
export function withAddress(rules: string, address: string): string {
  const rule = `allow ${address}`;
  return [rule, ...rules.split('\n').filter((line) => line.trim() !== rule)].join('\n');
}

/** Which lines went and which came, in words; where they only changed places, that. */
export function changedLines(before: string, after: string): string[] {
  if (before === after) return [];
  const changes = [...missing(before, after).map((line) => `without ${line}`), ...missing(after, before).map((line) => `with ${line}`)];
  return changes.length === 0 ? ['the same lines in another order'] : changes;
}

/** The lines of a text that another has not, or not as often. */
function missing(from: string, there: string): string[] {
  const left = new Map<string, number>();
  for (const line of linesOf(there)) left.set(line, (left.get(line) ?? 0) + 1);
  return linesOf(from).filter((line) => {
    const more = left.get(line) ?? 0;
    left.set(line, more - 1);
    return more <= 0 && line.trim() !== '';
  });
}
