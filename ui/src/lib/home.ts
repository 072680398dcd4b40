/**
 * The path below which the server is reached, without a slash at the end: nothing, unless a proxy
 * adds one.
 */
export const home = import.meta.env.PROD ? pathAbove(import.meta.url) : '';

/**
 * Where a script of a build stands tells where the build does. It works on every route, and needs
 * no setting.
 */
export function pathAbove(script: string): string {
  return new URL(script).pathname.replace(/(?:\/docs\/api-explorer)?\/assets\/[^/]*$/, '');
}

/** The address of the server, as it is pasted into a shell. */
export const serverAddress = (): string => window.location.origin + home;
