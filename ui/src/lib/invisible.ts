// Names are shown as they were given, but nothing in them may hide: a character that turns the
// direction of what follows, or takes no room, is shown by its number. Joiners and plain direction
// marks are part of honest writing and stay.

const hidden = /[\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

export type NamePart = { text: string; hidden: boolean };

export function nameParts(name: string): NamePart[] {
  const result: NamePart[] = [];
  let last = 0;
  for (const match of name.matchAll(hidden)) {
    if (match.index > last) result.push({ text: name.slice(last, match.index), hidden: false });
    const code = match[0].codePointAt(0) ?? 0;
    result.push({ text: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`, hidden: true });
    last = match.index + match[0].length;
  }
  if (last < name.length || result.length === 0) result.push({ text: name.slice(last), hidden: false });
  return result;
}

/** A name as it is shown, where there is room for text alone. */
export function shownName(name: string): string {
  return nameParts(name)
    .map(({ text }) => text)
    .join('');
}
