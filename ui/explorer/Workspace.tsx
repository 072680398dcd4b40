import { DOC_EXPLORER_PLUGIN, DocExplorer, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import {
  GraphiQLProvider,
  HeaderEditor,
  QueryEditor,
  ResponseEditor,
  type TabsState,
  useGraphiQL,
  useGraphiQLActions,
  VariableEditor,
} from '@graphiql/react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { counted } from '../src/lib/time';
import { type Drafts, draftsOf, keepDrafts } from './drafts';
import styles from './Explorer.module.css';
import { makeFetcher, type Reply } from './fetcher';
import { memoryStorage } from './memory';
import { OnlyOnce } from './OnlyOnce';
import { Open } from './Open';
import { PaneHead } from './PaneHead';
import { names, type Pane, shownOf, useGroups } from './panes';
import { editorTheme, useHouseColours } from './theme';
import { Toolbar } from './Toolbar';
import { useHouseEditors } from './useHouseEditors';
import { useReady } from './useReady';
import { type Unstored, useUnstored } from './useUnstored';

const plugins = [DOC_EXPLORER_PLUGIN];

/**
 * The editors, for one identity: its id, or nothing for somebody who is not signed in and gives a
 * token as a header.
 */
export function Workspace({ owner }: { owner: string }) {
  const [storage] = useState(memoryStorage);
  const [drafts] = useState(() => draftsOf(owner));
  const [reply, setReply] = useState<Reply | null>(null);
  // Asking for the schema without a credential would only be refused.
  const [asks, setAsks] = useState(owner !== '');
  const [fetcher] = useState(() => makeFetcher({ owner, onReply: setReply, onToken: () => setAsks(true) }));
  return (
    <GraphiQLProvider
      fetcher={fetcher}
      schema={asks ? undefined : null}
      storage={storage}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultTabs={drafts.tabs}
      editorTheme={editorTheme}
      shouldPersistHeaders={false}
      onTabChange={(state) => keepDrafts(owner, typedIn(state))}
    >
      <DocExplorerStore>
        <Bench first={drafts.active} reply={reply} asks={asks} />
      </DocExplorerStore>
    </GraphiQLProvider>
  );
}

function typedIn({ tabs, activeTabIndex }: TabsState): Drafts {
  const text = (typed?: string | null) => typed ?? '';
  return {
    active: activeTabIndex,
    tabs: tabs.map(({ query, variables, headers }) => ({ query: text(query), variables: text(variables), headers: text(headers) })),
  };
}

function Bench({ first, reply, asks }: { first: number; reply: Reply | null; asks: boolean }) {
  useHouseColours();
  useHouseEditors();
  const groups = useGroups();
  const [latest, setLatest] = useState<readonly Pane[]>([]);
  const show = (pane: Pane) => setLatest((before) => [pane, ...before.filter((other) => other !== pane)]);
  useFirstTab(first);
  const unstored = useUnstored();
  const onlyOnce = useOnlyOnce(unstored);
  useAfter('queryId', () => show('answer'));
  useAfter('schemaReference', () => show('docs'));

  const panes: Record<Pane, ReactNode> = {
    query: <QueryEditor {...editorProps('Query')} />,
    variables: <VariableEditor {...editorProps('Variables')} />,
    headers: <HeaderEditor {...editorProps('Headers')} />,
    answer: <Answer />,
    docs: <div className={`graphiql-container ${styles.docs}`}>{asks ? <DocExplorer /> : <p>Sign in to read what the API offers.</p>}</div>,
  };
  return (
    <>
      <Toolbar unstored={unstored} onOpen={() => show('query')} />
      <Open unstored={unstored} />
      {unstored.any && (
        <OnlyOnce
          asking={unstored.asking}
          onStored={() => {
            unstored.store();
            document.querySelector<HTMLElement>('#run')?.focus();
          }}
        />
      )}
      <p id="keys" hidden>
        Press Enter to write in it, Escape to leave it.
      </p>
      <div className={styles.panes} onKeyDownCapture={onlyOnce}>
        {groups.flatMap((group) => {
          const shown = shownOf(group, latest);
          return [
            <PaneHead key={`head-${group.place}`} group={group} shown={shown} onShow={show} />,
            ...group.panes.map((pane) => (
              <section
                key={pane}
                id={`pane-${pane}`}
                role={group.panes.length > 1 ? 'tabpanel' : 'region'}
                aria-labelledby={`head-${pane}`}
                hidden={pane !== shown}
                className={styles.pane}
                style={{ gridArea: group.place }}
                data-place={group.place}
              >
                {panes[pane]}
              </section>
            )),
          ];
        })}
      </div>
      <Said reply={reply} />
    </>
  );
}

/** What of an answer is worth saying aloud. */
function Said({ reply }: { reply: Reply | null }) {
  const answered = useGraphiQL(({ tabs, activeTabIndex, isFetching }) => !isFetching && Boolean(tabs[activeTabIndex]?.response));
  return (
    <p role="status" className={styles.reply}>
      {reply && answered && said(reply)}
    </p>
  );
}

function said({ ms, errors }: Reply): string {
  const time = `in ${Math.max(1, Math.round(ms))} ms`;
  return errors === 0 ? `Answered ${time}` : `Answered with ${counted(errors, 'error')} ${time}`;
}

const editorProps = (name: string) => ({ role: 'group', 'aria-label': name, 'aria-describedby': 'keys' });

function Answer() {
  const empty = useGraphiQL(({ tabs, activeTabIndex, isFetching }) => !isFetching && !tabs[activeTabIndex]?.response);
  return (
    <>
      {/* Said in the toolbar, once; not the whole answer at every change. */}
      <ResponseEditor {...editorProps(names.answer)} aria-live="off" />
      {empty && <p className={styles.hint}>Run the query, and its answer stands here. In the editor, Ctrl Enter does.</p>}
    </>
  );
}

/** Goes to the query that was open when this was left, once there are editors to show it in. */
function useFirstTab(first: number): void {
  const { changeTab } = useGraphiQLActions();
  const ready = useReady();
  const went = useRef(false);
  useEffect(() => {
    if (!ready || went.current) return;
    went.current = true;
    changeTab(first);
  }, [ready, first, changeTab]);
}

/**
 * Keeps from the editors the keys that run a query, while one runs or the keys are held down: a
 * mutation would be made again, and what the first one answered would never be shown. So also while
 * the answer holds a string that is not stored.
 */
function useOnlyOnce({ inTab, unlessLost }: Unstored): (event: KeyboardEvent) => void {
  const running = useGraphiQL((state) => state.isFetching);
  const active = useGraphiQL((state) => state.activeTabIndex);
  return (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !(event.repeat || running || inTab(active))) return;
    event.preventDefault();
    event.stopPropagation();
    unlessLost(active, () => undefined);
  };
}

/** Acts when a query was begun, by a key or a button, or a name in one was followed. */
function useAfter(what: 'queryId' | 'schemaReference', act: () => void): void {
  const value = useGraphiQL((state) => state[what]);
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (value) latest.current();
  }, [value]);
}
