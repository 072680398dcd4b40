/** A line for the shell that sends one GraphQL document, with or without a real token in it. */
export function curlLine(server: string, query: string, token = '$TOKEN'): string {
  const body = JSON.stringify({ query }).replaceAll("'", String.raw`'\''`);
  return `curl ${server}/graphql \\\n  -H "Authorization: Bearer ${token}" \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}
