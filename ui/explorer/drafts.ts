import { forgetExplorerDrafts, readExplorerDrafts, writeExplorerDrafts } from '../src/lib/explorerDrafts';
import { mayHoldSecret } from '../src/lib/withoutSecret';
import { examples, opened } from './examples';

/** What was typed into one of the open queries. */
export type Draft = { query: string; variables: string; headers: string };

export type Drafts = { active: number; tabs: Draft[] };

type Kept = { owner: string; active: number; tabs: { query: string; variables: string }[] };

// Headers, which are where a token is put, stay in the memory of this document.
let typed: (Drafts & { owner: string }) | null = null;

/**
 * What the editors begin with: what was typed in this document before, else what this identity had
 * typed in this window, else the first example. Headers are for who typed them, and for who signs
 * in after having typed them.
 */
export function draftsOf(owner: string): Drafts {
  if (typed !== null && !isBeginning(typed)) {
    return typed.owner === '' || typed.owner === owner ? typed : { ...typed, tabs: typed.tabs.map((tab) => ({ ...tab, headers: '' })) };
  }
  return keptFor(owner) ?? { active: 0, tabs: [{ ...opened(examples[0], Date.now()), headers: '' }] };
}

/**
 * Remembers what was typed: here, and in the storage of the window, so that going to the page for
 * an id and coming back loses nothing. It ends with the window and with signing out. A query beside
 * which a secret may stand is not kept there.
 */
export function keepDrafts(owner: string, drafts: Drafts): void {
  typed = { ...drafts, owner };
  if (owner === '') return; // nobody could be asked whether it is theirs
  if (isBeginning(drafts)) return forgetExplorerDrafts();
  const mayBeKept = ({ query, variables }: Draft) => !mayHoldSecret(query) && !mayHoldSecret(variables);
  const tabs = drafts.tabs.filter(mayBeKept).map(({ query, variables }) => ({ query, variables }));
  const before = drafts.tabs.slice(0, drafts.active).filter(mayBeKept).length;
  const kept: Kept = { owner, active: Math.max(0, Math.min(before, tabs.length - 1)), tabs };
  writeExplorerDrafts(JSON.stringify(kept));
}

/** Whether nothing was typed or opened: then there is nothing to keep. */
function isBeginning({ tabs: [tab, ...others] }: Drafts): boolean {
  return others.length === 0 && tab?.query === examples[0].query && tab.variables + tab.headers === '';
}

function keptFor(owner: string): Drafts | null {
  try {
    const kept = JSON.parse(readExplorerDrafts() ?? 'null') as Kept | null;
    if (kept === null || kept.owner !== owner || kept.tabs.length === 0) return null;
    return { active: kept.active, tabs: kept.tabs.map(({ query, variables }) => ({ query, variables, headers: '' })) };
  } catch {
    return null; // nothing that this build wrote
  }
}
