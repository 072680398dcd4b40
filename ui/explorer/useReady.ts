import { useGraphiQL } from '@graphiql/react';

/** Whether the editors are there: they come after everything else. */
export function useReady(): boolean {
  return useGraphiQL(({ queryEditor, variableEditor, headerEditor, responseEditor }) => Boolean(queryEditor && variableEditor && headerEditor && responseEditor));
}
