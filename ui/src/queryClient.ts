import { QueryCache, QueryClient } from '@tanstack/react-query';
import { Refusal } from './lib/refusal';
import { asRefusal, reportRefusal } from './lib/useAction';

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: (error) => reportRefusal(asRefusal(error)) }),
    defaultOptions: {
      queries: {
        // An answer is an answer; only a server in trouble is asked again. When it cannot be
        // reached at all, the connection watch asks anew as soon as it is back.
        retry: (count, error) => error instanceof Refusal && error.kind === 'failed' && count < 1,
        retryDelay: 400,
        staleTime: 5_000,
        gcTime: 60_000,
        refetchOnWindowFocus: true,
        networkMode: 'always',
      },
    },
  });
}
