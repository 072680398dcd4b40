import { useState } from 'react';

export type Chosen = {
  ids: ReadonlySet<string>;
  set: (id: string, on: boolean) => void;
  setAll: (on: boolean) => void;
  clear: () => void;
};

/**
 * The rows that are ticked, on the page of the list that a question shows. Another question, order
 * or page begins with none; a row that comes later is not ticked, and one that goes is no more.
 */
export function useChosen(question: string, shown: readonly string[]): Chosen {
  const [ticked, setTicked] = useState<{ question: string; ids: ReadonlySet<string> }>({ question, ids: none });
  const ids = chosenOf(ticked, question, shown);
  // What has gone must not be ticked when it comes back, so it is forgotten.
  if (ticked.ids.size > 0 && (ticked.question !== question || ids.size < ticked.ids.size)) setTicked({ question, ids });
  return {
    ids,
    set: (id, on) => setTicked({ question, ids: on ? new Set([...ids, id]) : new Set([...ids].filter((one) => one !== id)) }),
    setAll: (on) => setTicked({ question, ids: on ? new Set(shown) : none }),
    clear: () => setTicked({ question, ids: none }),
  };
}

const none: ReadonlySet<string> = new Set();

export function chosenOf(ticked: { question: string; ids: ReadonlySet<string> }, question: string, shown: readonly string[]): ReadonlySet<string> {
  if (ticked.question !== question || ticked.ids.size === 0) return none;
  return new Set(shown.filter((id) => ticked.ids.has(id)));
}
