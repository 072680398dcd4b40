import { describe, expect, it } from 'vitest';
import { nameOf } from './characters';
import { misshapen, strayIn, unwrapped } from './pasted';

const token = `${'aB3d'.repeat(8)}~${'Xy9z'.repeat(11)}`;

describe('what stands around a token', () => {
  it.each([
    ['nothing', token, []],
    ['spaces', `  ${token} `, ['white space']],
    ['line ends', `\r\n${token}\n`, ['white space']],
    ['tabs and no-break spaces', `\t\u00a0${token}\u202f\u3000`, ['white space']],
    ['plain quotes', `"${token}"`, ['quotes']],
    ['single quotes', `'${token}'`, ['quotes']],
    ['curly quotes', `“${token}”`, ['quotes']],
    ['low and single curly quotes', `„${token}‘`, ['quotes']],
    ['guillemets', `«${token}»`, ['quotes']],
    ['backticks', `\`\`\`${token}\`\`\``, ['quotes']],
    ['the scheme', `Bearer ${token}`, ['the word Bearer']],
    ['the scheme in small letters', `bearer   ${token}`, ['the word Bearer']],
    ['a header', `Authorization: Bearer ${token}`, ['the word Bearer']],
    ['all of it', ` "Authorization: Bearer '${token}'"\n`, ['white space', 'quotes', 'the word Bearer']],
  ])('%s: is taken off and told', (_name, typed, takenOff) => {
    expect(unwrapped(typed)).toEqual({ text: token, takenOff });
    expect(strayIn(unwrapped(typed).text)).toBeUndefined();
  });

  it.each([
    ['a zero width space', '\u200b', 'U+200B ZERO WIDTH SPACE'],
    ['a byte order mark', '\ufeff', 'U+FEFF ZERO WIDTH NO-BREAK SPACE (a byte order mark)'],
    ['a soft hyphen', '\u00ad', 'U+00AD SOFT HYPHEN'],
    ['a joiner', '\u2060', 'U+2060 WORD JOINER'],
    ['a space', ' ', 'U+0020 SPACE'],
    ['a no-break space', '\u00a0', 'U+00A0 NO-BREAK SPACE'],
    ['a line end', '\n', 'U+000A LINE FEED'],
    ['a curly quote', '”', 'U+201D RIGHT DOUBLE QUOTATION MARK “””'],
    ['a small tilde', '˜', 'U+02DC SMALL TILDE “˜”'],
    ['a fullwidth tilde', '～', 'U+FF5E FULLWIDTH TILDE “～”'],
    ['a Cyrillic letter', 'а', 'U+0430 CYRILLIC SMALL LETTER A “а”'],
    ['a Greek letter', 'Ο', 'U+039F GREEK CAPITAL LETTER OMICRON “Ο”'],
    ['a fullwidth letter', 'ａ', 'U+FF41 FULLWIDTH LATIN SMALL LETTER A “ａ”'],
    ['a hyphen', '-', 'U+002D HYPHEN-MINUS “-”'],
    ['an accent', 'é', 'U+00E9 (a letter that is not A to Z) “é”'],
    ['an emoji', '🔑', 'U+1F511 (a sign) “🔑”'],
    ['half of a pair', '\ud83d', 'U+D83D (a character that cannot be seen)'],
    ['a zero byte', '\u0000', 'U+0000 (a character that cannot be seen)'],
  ])('%s inside is named, with its place', (_name, stray, called) => {
    const text = `${token.slice(0, 40)}${stray}${token.slice(40)}`;
    expect(unwrapped(text).text).toBe(text);
    const sentence = strayIn(text) ?? '';
    expect(sentence).toContain(`Character 41 of 78 cannot be in a token: ${called}.`);
    expect(sentence).not.toContain(token.slice(36, 40));
  });

  it('counts the others', () => {
    expect(strayIn('a\u200bb\u200bc')).toContain('Character 2 of 5');
    expect(strayIn('a\u200bb\u200bc')).toContain(' 1 more follows.');
    expect(strayIn('\u200b\u200b\u200b')).toContain(' 2 more follow.');
  });

  it('takes a byte order mark at the edge for no space', () => {
    expect(unwrapped(`\ufeff${token}`)).toEqual({ text: `\ufeff${token}`, takenOff: [] });
    expect(strayIn(`\ufeff${token}`)).toContain('Character 1 of 78');
  });
});

it('has one name for each look-alike letter', () => {
  for (const c of 'АВЕЗКМНОРСТХІЈЅавезкмнорстхіјѕуΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορτυχι') {
    expect(nameOf(c)).toMatch(/^U\+[0-9A-F]{4} (CYRILLIC|GREEK) (CAPITAL|SMALL) LETTER [A-Z]/);
    expect(nameOf(c)).not.toContain('undefined');
  }
});

describe('the shape of a token', () => {
  const [id = '', secret = ''] = token.split('~');
  it.each([
    ['the secret alone', secret, 'has no tilde'],
    ['the id alone', id, 'has no tilde'],
    ['a tilde lost', id + secret, 'has no tilde'],
    ['the secret with its tilde', `~${secret}`, 'has nothing on one side of the tilde'],
    ['the id with its tilde', `${id}~`, 'has nothing on one side of the tilde'],
    ['a tilde alone', '~', 'has nothing on one side of the tilde'],
    ['two tildes', `${id}~~${secret}`, 'has 2 tildes'],
    ['two tokens', `${token}${token}`, 'has 2 tildes'],
  ])('%s is told, and nothing of it repeated', (_name, text, words) => {
    expect(misshapen(text)).toContain(`this ${words}. Nothing was sent`);
    expect(misshapen(text)).not.toContain(secret.slice(0, 8));
  });

  it('a whole one is sent, and so is anything that could be one', () => {
    expect(misshapen(token)).toBeUndefined();
    expect(misshapen('localroot~x')).toBeUndefined();
  });
});
