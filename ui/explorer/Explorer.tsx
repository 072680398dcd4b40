import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useRef, useState } from 'react';
import { home } from '../src/lib/home';
import { examples } from './examples';
import { fetcher } from './fetcher';
import { memoryStorage } from './memory';
import { hasSession } from './session';
import { plainTabs } from './tabs';

const plugins = [HISTORY_PLUGIN];
const tabs = [...examples];

export function Explorer() {
  const [storage] = useState(memoryStorage);
  const main = useRef<HTMLElement>(null);
  useEffect(() => (main.current ? plainTabs(main.current) : undefined), []);
  return (
    <>
      <Band />
      <main className="explorer" ref={main}>
        <h1 className="hidden">API explorer</h1>
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          plugins={plugins}
          defaultTabs={tabs}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          defaultEditorToolsVisibility="variables"
        >
          <GraphiQL.Logo>
            <FollowScheme />
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

/**
 * Has the editors follow the colour scheme of the system while the page is open. GraphiQL itself
 * asks for it once.
 */
function FollowScheme() {
  const chosen = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (chosen !== null) return; // in the settings, for good
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [chosen, setTheme]);
  return <span />;
}

function Band() {
  const who = useWho();
  return (
    <header className="band">
      <a href={`${home}/`} className="word">
        tokenscale
      </a>
      <span>API explorer</span>
      <span className="who" role="status">
        {who === undefined ? (
          ''
        ) : who === null ? (
          <>
            Not signed in. <a href={`${home}/sign-in?to=/docs/api-explorer`}>Sign in</a>, or give a token in the headers below.
          </>
        ) : (
          <>
            Signed in as <bdi>{who}</bdi>
          </>
        )}
      </span>
    </header>
  );
}

/**
 * The name of who is signed in on the page; null when nobody is, undefined while that is not known.
 */
function useWho(): string | null | undefined {
  const [who, setWho] = useState<string | null | undefined>(undefined);
  useEffect(() => {
    const abort = new AbortController();
    void whoIs(abort.signal)
      .then(setWho)
      .catch(() => undefined);
    return () => abort.abort();
  }, []);
  return who;
}

async function whoIs(signal: AbortSignal): Promise<string | null> {
  if (!(await hasSession(signal))) return null;
  const response = await fetch(`${home}/graphql`, {
    method: 'POST',
    signal,
    headers: { 'Content-Type': 'application/json', 'X-Requested-By': 'tokenscale' },
    body: JSON.stringify({ query: 'query Who { viewer { username } }' }),
  });
  const answer: { data?: { viewer?: { username?: string } } } | null = response.ok ? await response.json() : null;
  return answer?.data?.viewer?.username ?? null;
}
