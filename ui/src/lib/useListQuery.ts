import { type DefaultError, type QueryKey, useQuery, type UseQueryOptions } from '@tanstack/react-query';
import type { Refusal } from './refusal';
import { asRefusal } from './useAction';

export type List<T> = {
  /** The newest answer there is; undefined while there is none. */
  data: T | undefined;
  /** Why the last question was not answered. What was there before stays in `data`. */
  refusal: Refusal | null;
  /** Whether `data` answers another question, while the answer to this one is on its way. */
  stale: boolean;
  /** Whether there is nothing to show, and a reason for it. */
  failed: boolean;
};

/** What every list asks the server, and the states in which it can be. */
export function useListQuery<TQuery, T, TKey extends QueryKey>(options: UseQueryOptions<TQuery, DefaultError, T, TKey>): List<T> {
  const { data, error, isPlaceholderData } = useQuery(options);
  return { data, refusal: error === null ? null : asRefusal(error), stale: isPlaceholderData, failed: error !== null && data === undefined };
}
