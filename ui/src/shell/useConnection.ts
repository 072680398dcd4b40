import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { isServing } from '../api/client';
import { onRefusal } from '../lib/useAction';

const calmMs = 4_000;
const anxiousMs = 1_500;

/**
 * Whether the server answers. It is asked now and then, so that a reader hears of a stopped server before pressing
 * anything; when it is back, all that is on the screen is read anew.
 */
export function useConnection(): boolean {
  const [serving, setServing] = useState(true);
  const before = useRef(true);
  const client = useQueryClient();

  useEffect(() => onRefusal((refusal) => refusal.kind === 'unreachable' && setServing(false)), []);

  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      if (document.visibilityState === 'hidden') return;
      const answer = await isServing(abort.signal);
      if (!abort.signal.aborted) setServing(answer);
    };
    const timer = setInterval(() => void ask(), serving ? calmMs : anxiousMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [serving]);

  useEffect(() => {
    if (serving && !before.current) void client.invalidateQueries();
    before.current = serving;
  }, [serving, client]);

  return serving;
}
