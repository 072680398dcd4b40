import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { askCondition, type Condition } from '../api/client';
import { onRefusal } from '../lib/useAction';

const calmMs = 4_000;
const anxiousMs = 1_500;

/**
 * How the server is. It is asked now and then, so that a reader hears of a stopped server before
 * pressing anything; when it answers again, all that is on the screen is read anew.
 */
export function useConnection(): Condition {
  const [condition, setCondition] = useState<Condition>('well');
  const serving = condition !== 'unreachable';
  const before = useRef(true);
  const client = useQueryClient();

  useEffect(() => onRefusal((refusal) => refusal.kind === 'unreachable' && setCondition('unreachable')), []);

  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      if (document.visibilityState === 'hidden') return;
      const answer = await askCondition(abort.signal);
      if (!abort.signal.aborted) setCondition(answer);
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

  return condition;
}
