// What is pasted as a token often brings more along: quotes, line ends, the words of a header,
// characters that nobody sees. What is plainly no part of a token is taken off; anything else is
// named, with where it is, before it is sent.

import { nameOf } from './characters';

const quotes = `"'\`“”‘’„‚«»‹›`;
const edge = new RegExp(`^[${quotes}]+|[${quotes}]+$`, 'g');
const scheme = /^(authorization\s*:\s*)?bearer\s+/i;

export type Pasted = {
  /** The text without what stood around it. */
  text: string;
  /** What was taken off, in words: "white space", "quotes". */
  takenOff: string[];
};

/** Takes off what stands around a token. */
export function unwrapped(typed: string): Pasted {
  const takenOff = new Set<string>();
  const without = (what: string, cut: (text: string) => string, text: string) => {
    const rest = cut(text);
    if (rest !== text) takenOff.add(what);
    return rest;
  };
  let text = typed;
  for (let before = undefined; before !== text; ) {
    before = text;
    // A byte order mark counts as white space to JavaScript, but nobody takes it for a space: it is
    // named instead.
    text = without('white space', (t) => t.replace(/^[^\S\ufeff]+|[^\S\ufeff]+$/g, ''), text);
    text = without('quotes', (t) => t.replace(edge, ''), text);
    text = without('the word Bearer', (t) => t.replace(scheme, ''), text);
  }
  return { text, takenOff: [...takenOff] };
}

/**
 * Says which character of the text is no part of a token, and where it is; nothing if there is
 * none.
 */
export function strayIn(text: string): string | undefined {
  const characters = [...text];
  const strays = characters.flatMap((c, at) => (/[A-Za-z0-9~]/.test(c) ? [] : [{ c, at: at + 1 }]));
  const first = strays[0];
  if (first === undefined) return undefined;
  const more = strays.length === 1 ? '' : ` ${strays.length - 1} more ${strays.length === 2 ? 'follows' : 'follow'}.`;
  return `Character ${first.at} of ${characters.length} cannot be in a token: ${nameOf(first.c)}.${more} A token has letters, digits and one tilde. Nothing was sent: copy the token anew, or take that character out.`;
}

/**
 * Says what of a token is missing or too much in a text of its characters; nothing if it has the
 * shape of one. The secret alone, or the id alone, is what a double click takes.
 */
export function misshapen(text: string): string | undefined {
  const tildes = text.split('~').length - 1;
  if (tildes === 1 && !text.startsWith('~') && !text.endsWith('~')) return undefined;
  const has = ['has no tilde', 'has nothing on one side of the tilde'][tildes] ?? `has ${tildes} tildes`;
  return `A token is an id, one tilde and a secret; this ${has}. Nothing was sent: copy the whole token.`;
}
