// A token string pasted whole into a search must not go on: what is searched for stands in the address and is sent to
// the server. Its id is enough to find it.

const tokenString = /([A-Za-z0-9]{32}|localroot)~\S*/g;

/** What a search field shows: the id and the tilde. The tilde stays, so that what is typed after it is dropped as well. */
export function masked(text: string): string {
  return text.replace(tokenString, '$1~');
}

/** What is searched for: the id. */
export function withoutSecret(text: string): string {
  return text.replace(tokenString, '$1');
}
