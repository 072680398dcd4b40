import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { Refusal } from '../../lib/refusal';
import { type FilterVerdict, filtersKey, testFilter } from '../../api/filters';
import type { RuleMarks } from '../../components/RuleEditor';
import { sentencesByLine } from '../../lib/rules';
import { asRefusal } from '../../lib/useAction';

// The rules are checked on their own, against any address, so that a half-typed address hides no
// mistake in them.
const none: readonly number[] = [];
const anyAddress = '192.0.2.1';

export type Bench = {
  marks: RuleMarks;
  /** The server's sentence about the rules. */
  rulesError: string | undefined;
  addressError: string | undefined;
  verdict: FilterVerdict | undefined;
  pending: boolean;
};

/** Asks the server, as one types, what it makes of rules and what they do with an address. */
export function useBench(rules: string, address: string, enabled: boolean): Bench {
  const restedRules = useRested(rules, 250);
  const restedAddress = useRested(address.trim(), 250);
  const check = useBenchQuery(restedRules, anyAddress, enabled);
  const asked = restedAddress !== '';
  const test = useBenchQuery(restedRules, restedAddress, enabled && asked);

  const rulesError = check.error ? sentenceFor('ipFilter', asRefusal(check.error)) : undefined;
  const addressError = asked && test.error ? asRefusal(test.error).fields['address'] : undefined;
  // A line that is wrong now must not be drawn by what the last readable text gave.
  const current = rulesError === undefined && check.data !== undefined && restedRules === rules;
  const verdict = asked && addressError === undefined && rulesError === undefined ? test.data : undefined;
  const wrong = useMemo(() => sentencesByLine(rulesError), [rulesError]);
  const unreachableLines = current ? check.data.unreachableLines : none;
  const unreachable = useMemo(() => new Set(unreachableLines), [unreachableLines]);
  return {
    marks: {
      deciding: verdict === undefined ? null : (verdict.line ?? 'implied'),
      allowed: verdict?.allowed,
      unreachable,
      wrong,
    },
    rulesError,
    addressError,
    verdict,
    pending: check.isFetching || test.isFetching,
  };
}

function sentenceFor(name: string, refusal: Refusal): string | undefined {
  return refusal.fields[name] ?? (refusal.kind === 'refused' ? refusal.message : undefined);
}

function useBenchQuery(rules: string, address: string, enabled: boolean) {
  return useQuery({
    queryKey: [...filtersKey, 'test', rules, address],
    queryFn: ({ signal }) => testFilter(rules, address, signal),
    enabled: enabled && rules.trim() !== '',
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 10_000,
  });
}

function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}
