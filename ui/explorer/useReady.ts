import { useGraphiQL } from '@graphiql/react';

/** Whether the editors are there: they come after everything else. */
export function useReady(): boolean {
  return useGraphiQL((state) => Boolean(state.queryEditor && state.variableEditor && state.headerEditor && state.responseEditor));
}
