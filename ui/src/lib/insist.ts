import { useState } from 'react';

/**
 * Makes asking again safe. Each thing that is asked for gets an idempotency key, which the server
 * knows for as long as what it made is there: if the answer was lost and the same is asked for
 * again, nothing is made twice. After an answer that makes it, asking again is a new wish. A key is
 * no secret, and what was asked holds none.
 */
export function insist<TArguments extends readonly unknown[], TResult>(
  act: (key: string, ...args: TArguments) => Promise<TResult>,
): (...args: TArguments) => Promise<TResult> {
  const keys = new Map<string, string>();
  return async (...args) => {
    const asked = JSON.stringify(args);
    const key = keys.get(asked) ?? newKey();
    keys.set(asked, key);
    const result = await act(key, ...args);
    keys.delete(asked);
    return result;
  };
}

/** The same for as long as a form is open. */
export function useInsist<TArguments extends readonly unknown[], TResult>(
  act: (key: string, ...args: TArguments) => Promise<TResult>,
): (...args: TArguments) => Promise<TResult> {
  const [insisting] = useState(() => insist(act));
  return insisting;
}

/** crypto.randomUUID exists only on pages that came over TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
