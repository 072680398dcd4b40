// The Unicode names of what gets into a token by copying: what nobody sees, what word processors
// put in the place of plain characters, and letters of other scripts that look like ours. Browsers
// do not know the names.

const names: Readonly<Record<string, string>> = {
  '\t': 'CHARACTER TABULATION',
  '\n': 'LINE FEED',
  '\v': 'LINE TABULATION',
  '\f': 'FORM FEED',
  '\r': 'CARRIAGE RETURN',
  ' ': 'SPACE',
  '!': 'EXCLAMATION MARK',
  '"': 'QUOTATION MARK',
  '#': 'NUMBER SIGN',
  $: 'DOLLAR SIGN',
  '%': 'PERCENT SIGN',
  '&': 'AMPERSAND',
  "'": 'APOSTROPHE',
  '(': 'LEFT PARENTHESIS',
  ')': 'RIGHT PARENTHESIS',
  '*': 'ASTERISK',
  '+': 'PLUS SIGN',
  ',': 'COMMA',
  '-': 'HYPHEN-MINUS',
  '.': 'FULL STOP',
  '/': 'SOLIDUS',
  ':': 'COLON',
  ';': 'SEMICOLON',
  '<': 'LESS-THAN SIGN',
  '=': 'EQUALS SIGN',
  '>': 'GREATER-THAN SIGN',
  '?': 'QUESTION MARK',
  '@': 'COMMERCIAL AT',
  '[': 'LEFT SQUARE BRACKET',
  '\\': 'REVERSE SOLIDUS',
  ']': 'RIGHT SQUARE BRACKET',
  '^': 'CIRCUMFLEX ACCENT',
  _: 'LOW LINE',
  '`': 'GRAVE ACCENT',
  '{': 'LEFT CURLY BRACKET',
  '|': 'VERTICAL LINE',
  '}': 'RIGHT CURLY BRACKET',
  '\u0085': 'NEXT LINE',
  '\u00a0': 'NO-BREAK SPACE',
  '\u00ab': 'LEFT-POINTING DOUBLE ANGLE QUOTATION MARK',
  '\u00ad': 'SOFT HYPHEN',
  '\u00bb': 'RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK',
  '\u02dc': 'SMALL TILDE',
  '\u0303': 'COMBINING TILDE',
  '\u034f': 'COMBINING GRAPHEME JOINER',
  '\u061c': 'ARABIC LETTER MARK',
  '\u1680': 'OGHAM SPACE MARK',
  '\u180e': 'MONGOLIAN VOWEL SEPARATOR',
  '\u2000': 'EN QUAD',
  '\u2001': 'EM QUAD',
  '\u2002': 'EN SPACE',
  '\u2003': 'EM SPACE',
  '\u2004': 'THREE-PER-EM SPACE',
  '\u2005': 'FOUR-PER-EM SPACE',
  '\u2006': 'SIX-PER-EM SPACE',
  '\u2007': 'FIGURE SPACE',
  '\u2008': 'PUNCTUATION SPACE',
  '\u2009': 'THIN SPACE',
  '\u200a': 'HAIR SPACE',
  '\u200b': 'ZERO WIDTH SPACE',
  '\u200c': 'ZERO WIDTH NON-JOINER',
  '\u200d': 'ZERO WIDTH JOINER',
  '\u200e': 'LEFT-TO-RIGHT MARK',
  '\u200f': 'RIGHT-TO-LEFT MARK',
  '\u2010': 'HYPHEN',
  '\u2011': 'NON-BREAKING HYPHEN',
  '\u2012': 'FIGURE DASH',
  '\u2013': 'EN DASH',
  '\u2014': 'EM DASH',
  '\u2018': 'LEFT SINGLE QUOTATION MARK',
  '\u2019': 'RIGHT SINGLE QUOTATION MARK',
  '\u201a': 'SINGLE LOW-9 QUOTATION MARK',
  '\u201c': 'LEFT DOUBLE QUOTATION MARK',
  '\u201d': 'RIGHT DOUBLE QUOTATION MARK',
  '\u201e': 'DOUBLE LOW-9 QUOTATION MARK',
  '\u2022': 'BULLET',
  '\u2026': 'HORIZONTAL ELLIPSIS',
  '\u2028': 'LINE SEPARATOR',
  '\u2029': 'PARAGRAPH SEPARATOR',
  '\u202a': 'LEFT-TO-RIGHT EMBEDDING',
  '\u202b': 'RIGHT-TO-LEFT EMBEDDING',
  '\u202c': 'POP DIRECTIONAL FORMATTING',
  '\u202d': 'LEFT-TO-RIGHT OVERRIDE',
  '\u202e': 'RIGHT-TO-LEFT OVERRIDE',
  '\u202f': 'NARROW NO-BREAK SPACE',
  '\u2039': 'SINGLE LEFT-POINTING ANGLE QUOTATION MARK',
  '\u203a': 'SINGLE RIGHT-POINTING ANGLE QUOTATION MARK',
  '\u2053': 'SWUNG DASH',
  '\u205f': 'MEDIUM MATHEMATICAL SPACE',
  '\u2060': 'WORD JOINER',
  '\u2061': 'FUNCTION APPLICATION',
  '\u2062': 'INVISIBLE TIMES',
  '\u2063': 'INVISIBLE SEPARATOR',
  '\u2064': 'INVISIBLE PLUS',
  '\u2066': 'LEFT-TO-RIGHT ISOLATE',
  '\u2067': 'RIGHT-TO-LEFT ISOLATE',
  '\u2068': 'FIRST STRONG ISOLATE',
  '\u2069': 'POP DIRECTIONAL ISOLATE',
  '\u2212': 'MINUS SIGN',
  '\u223c': 'TILDE OPERATOR',
  '\u3000': 'IDEOGRAPHIC SPACE',
  '\u301c': 'WAVE DASH',
  '\ufe0f': 'VARIATION SELECTOR-16',
  '\ufeff': 'ZERO WIDTH NO-BREAK SPACE (a byte order mark)',
  '\ufffd': 'REPLACEMENT CHARACTER',
  '\uff5e': 'FULLWIDTH TILDE',
};

// Letters that look like Latin ones, by what Unicode calls them.
const lookalikes: ReadonlyArray<[string, string, string]> = [
  ['CYRILLIC', 'АВЕЗКМНОРСТХІЈЅ', 'A,VE,IE,ZE,KA,EM,EN,O,ER,ES,TE,HA,BYELORUSSIAN-UKRAINIAN I,JE,DZE'],
  ['CYRILLIC', 'авезкмнорстхіјѕу', 'A,VE,IE,ZE,KA,EM,EN,O,ER,ES,TE,HA,BYELORUSSIAN-UKRAINIAN I,JE,DZE,U'],
  ['GREEK', 'ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ALPHA,BETA,EPSILON,ZETA,ETA,IOTA,KAPPA,MU,NU,OMICRON,RHO,TAU,UPSILON,CHI'],
  ['GREEK', 'ανορτυχι', 'ALPHA,NU,OMICRON,RHO,TAU,UPSILON,CHI,IOTA'],
];

const digits = ['ZERO', 'ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT', 'NINE'];

/**
 * Names a character: its number, its Unicode name where it is a usual stray, and itself where it
 * can be seen.
 */
export function nameOf(c: string): string {
  const code = c.codePointAt(0) ?? 0;
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const shown = /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(c) ? ` “${c}”` : '';
  const name = names[c] ?? lookalike(c) ?? fullwidth(code) ?? kindOf(c);
  return `${number} ${name}${shown}`;
}

function lookalike(c: string): string | undefined {
  for (const [script, letters, called] of lookalikes) {
    const at = [...letters].indexOf(c);
    if (at >= 0) return `${script} ${c === c.toUpperCase() ? 'CAPITAL' : 'SMALL'} LETTER ${called.split(',')[at]}`;
  }
  return undefined;
}

function fullwidth(code: number): string | undefined {
  const plain = String.fromCharCode(code - 0xfee0);
  if (code < 0xff01 || code > 0xff5e) return undefined;
  if (/[0-9]/.test(plain)) return `FULLWIDTH DIGIT ${digits[Number(plain)]}`;
  if (/[A-Za-z]/.test(plain)) return `FULLWIDTH LATIN ${plain === plain.toUpperCase() ? 'CAPITAL' : 'SMALL'} LETTER ${plain.toUpperCase()}`;
  return `FULLWIDTH ${names[plain] ?? 'SIGN'}`;
}

/** What can be said of a character without its name. */
function kindOf(c: string): string {
  if (/\p{L}/u.test(c)) return '(a letter that is not A to Z)';
  if (/\p{N}/u.test(c)) return '(a digit that is not 0 to 9)';
  if (/\p{C}|\p{Z}|\p{M}/u.test(c)) return '(a character that cannot be seen)';
  return '(a sign)';
}
