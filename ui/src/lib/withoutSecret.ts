// A token string pasted whole into a search must not go on: what is searched for stands in the
// address and is sent to the server. Its id is enough to find it. The secret half alone finds
// nothing, and is dropped.

const tokenString = /([A-Za-z0-9]{32}|localroot)~\S*/g;

const longWord = /[A-Za-z0-9]{44,}/g;

/**
 * Without words that may be the secret half of a token: 44 letters and digits or more, small and
 * capital ones.
 */
function withoutHalves(text: string): string {
  return text.replace(longWord, (word) => (/[a-z]/.test(word) && /[A-Z]/.test(word) && /[0-9]/.test(word) ? '' : word));
}

/**
 * What a search field shows: the id and the tilde. The tilde stays, so that what is typed after it
 * is dropped as well.
 */
export function masked(text: string): string {
  return withoutHalves(text.replace(tokenString, '$1~'));
}

/** What is searched for: the id of a token string, whatever stands around it, or all of it. */
export function withoutSecret(text: string): string {
  return /([A-Za-z0-9]{32}|localroot)~/.exec(text)?.[1] ?? withoutHalves(text);
}

/** Whether a text is what the id of a token looks like. */
export function isTokenId(text: string): boolean {
  return /^[A-Za-z0-9]{32}$/.test(text);
}

/**
 * Whether a token string, or a secret half, may be in a text. It says so rather too often: what it
 * lets through is written to the storage of the browser.
 */
export function mayHoldSecret(text: string): boolean {
  return /[A-Za-z0-9]{40}|~[A-Za-z0-9]{8}/.test(text);
}
