import { useGraphiQL } from '@graphiql/react';
import { useState } from 'react';
import { stringsIn } from './unstored';

export type Unstored = {
  /** Whether any answer holds a new token string that nobody has said to be stored. */
  any: boolean;
  /** Whether that would be lost with the answer of this query. */
  inTab: (at: number) => boolean;
  /** Whether something was tried that would lose it. */
  asking: boolean;
  /** Does it, unless it would lose what stands in the answer of this query: then asks. */
  unlessLost: (at: number, act: () => void) => void;
  store: () => void;
};

/** New token strings in the answers, which are shown once: here as on the page. */
export function useUnstored(): Unstored {
  const tabs = useGraphiQL((state) => state.tabs);
  const [stored, setStored] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const inTab = (at: number) => stringsIn(tabs[at]?.response).some((id) => !stored.has(id));
  return {
    any: tabs.some((_, at) => inTab(at)),
    inTab,
    asking,
    unlessLost: (at, act) => {
      if (inTab(at)) setAsking(true);
      else act();
    },
    store: () => {
      setStored(new Set([...stored, ...tabs.flatMap(({ response }) => stringsIn(response))]));
      setAsking(false);
    },
  };
}
