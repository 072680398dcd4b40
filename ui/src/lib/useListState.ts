import { useCallback, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { withoutSecret } from './withoutSecret';

/** What a list's part of the URL becomes; null and an empty text take a name out of it. */
export type Change = Readonly<Record<string, string | null>>;

/**
 * Reads and writes what the URL says about a list. A value that is the default is left out of the
 * URL.
 */
export function useUrlState(): [URLSearchParams, (change: Change, replace?: boolean) => void] {
  const [params, setParams] = useSearchParams();
  const change = useCallback(
    (values: Change, replace = false) => {
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(values)) {
            if (value === null || value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace },
      );
    },
    [setParams],
  );
  return [params, change];
}

export function pageOf(params: URLSearchParams): number {
  const page = Number(params.get('page') ?? '1');
  return Number.isSafeInteger(page) && page >= 1 && page <= 1e7 ? page : 1;
}

/**
 * Text that is typed: shown at once, put into the URL when the typing rests. What the URL says wins
 * when it changes from elsewhere, as by the back button.
 */
export function useTyped(inUrl: string, put: (value: string) => void, restMs = 180): [string, (value: string) => void] {
  const [typed, setTyped] = useState(inUrl);
  const sent = useRef(inUrl);
  const putRef = useRef(put);
  useEffect(() => {
    putRef.current = put;
  });

  useEffect(() => {
    if (inUrl === sent.current) return;
    sent.current = inUrl;
    setTyped(inUrl);
  }, [inUrl]);

  const searched = withoutSecret(typed);
  useEffect(() => {
    if (searched === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = searched;
      putRef.current(searched);
    }, restMs);
    return () => clearTimeout(timer);
  }, [searched, restMs]);

  return [typed, setTyped];
}
