import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
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

// The server counts entries in 32 bits.
const mostPages = 1e7;

/** The page that the URL names; the first one if it names none. */
export function pageOf(params: URLSearchParams): number {
  const text = params.get('page') ?? '';
  return /^[1-9]\d*$/.test(text) ? Math.min(Number(text), mostPages) : 1;
}

/** What a list holds on the page that was asked for, of how many in all. */
type Answer = { shown: number; total: number; size: number };

/**
 * A page behind the end leads to the last one, in the place of the one that was asked for. Nothing
 * is said while there is no answer to the present question.
 */
export function useLastPageInstead(answer: Answer | undefined, turnTo: (page: number, replace: boolean) => void): void {
  const last = answer !== undefined && answer.shown === 0 && answer.total > 0 ? Math.ceil(answer.total / answer.size) : null;
  const turn = useEffectEvent(turnTo);
  useEffect(() => {
    if (last !== null) turn(last, true);
  }, [last]);
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
