/** Lines for the shell that read a token string, which no history keeps, and then use it. */
export function curlReading(server: string, query: string): string {
  return `read -rs TOKEN   # paste the string, then press Enter\n${curlLine(server, query)}`;
}

/** A line for the shell that sends one GraphQL document with the token in $TOKEN. */
export function curlLine(server: string, query: string): string {
  const body = JSON.stringify({ query }).replaceAll("'", String.raw`'\''`);
  return `curl ${server}/graphql \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}
