import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useLayoutEffect, useState } from 'react';
import { askAs } from '../api/client';
import { sessionKey, type Viewer } from '../api/viewer';
import { handDraftsTo } from '../lib/drafts';
import { shownName } from '../lib/invisible';
import { useIsRevealing } from '../lib/revealing';
import { tell } from '../lib/told';

/**
 * The page of one identity. All windows of a browser share the session: when somebody else signs in
 * in one, the others are built anew for them, but not while a new secret is shown.
 */
export function Identity({ viewer, children }: { viewer: Viewer; children: ReactNode }) {
  const [owner, setOwner] = useState<Viewer | null>(null);
  const revealing = useIsRevealing();
  if (owner !== null && (viewer.id === owner.id || revealing)) return children;
  return <HandOver from={owner} to={viewer} onDone={() => setOwner(viewer)} />;
}

/** What was read and what was typed belonged to another: it goes, and the reader is told. */
function HandOver({ from, to, onDone }: { from: Viewer | null; to: Viewer; onDone: () => void }) {
  const client = useQueryClient();
  useLayoutEffect(() => {
    const { others, lost } = handDraftsTo(to.id);
    if (others) client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    askAs(to.id);
    if (from !== null) tell({ text: handedOver(from, to, lost) });
    onDone();
  }, [client, from, to, onDone]);
  return null;
}

function handedOver(from: Viewer, to: Viewer, lost: boolean): string {
  const now = `You are signed in as ${shownName(to.username)} now.`;
  return lost ? `${now} What ${shownName(from.username)} had not saved in this window is gone.` : now;
}
