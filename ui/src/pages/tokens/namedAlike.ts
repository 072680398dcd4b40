/** The first letters of an id, which tell apart what has the same name. */
export const shortId = (id: string) => id.slice(0, 8);

/** Gives whether a name is that of more than one of these. */
export function namedAlike(tokens: readonly { name: string }[]): (name: string) => boolean {
  const once = new Set<string>();
  const more = new Set<string>();
  for (const { name } of tokens) (once.has(name) ? more : once).add(name);
  return (name) => more.has(name);
}
