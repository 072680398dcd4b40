const tokenString = /([A-Za-z0-9]{32})~[A-Za-z0-9]{44}(?![A-Za-z0-9])/g;

/**
 * The ids of the tokens whose strings stand in an answer. A string is in one only when it is new.
 */
export function stringsIn(answer: string | null | undefined): string[] {
  return [...(answer ?? '').matchAll(tokenString)].map(([, id]) => id ?? '');
}
