// What the page needs to know about the text of a filter to draw it. It does not parse rules: the server does, and
// says which line it could not read.

/** The lines as the server counts them: a newline or `;` ends one. */
export function linesOf(text: string): string[] {
  return text.split('\n');
}

/** The number of the line that a refusal names; null when it names none. */
export function lineNamed(sentence: string | undefined): number | null {
  const found = sentence?.match(/\bline (\d+)/i);
  return found?.[1] === undefined ? null : Number(found[1]);
}

/** Whether any rule allows something. Then what no rule names is denied; the last line, unwritten, says so. */
export function impliedRule(text: string): 'allow all' | 'deny all' {
  const rules = text.split(/[\n;]/).map((rule) => rule.replace(/#.*/, '').trim().toLowerCase());
  return rules.some((rule) => /^allow\s/.test(rule)) ? 'deny all' : 'allow all';
}

export function isEmptyOfRules(text: string): boolean {
  return text.split(/[\n;]/).every((rule) => rule.replace(/#.*/, '').trim() === '');
}
