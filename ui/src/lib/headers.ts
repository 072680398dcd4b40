/**
 * Whether a browser can send these headers. Others it refuses as if the network had failed, and
 * sends nothing.
 */
export function canBeSent(headers: HeadersInit | undefined): boolean {
  try {
    void new Headers(headers);
    return true;
  } catch {
    return false;
  }
}
