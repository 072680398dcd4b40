import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { Refusal } from '../lib/refusal';
import { hasSession, request } from './client';
import { graphql } from './gen';
import type { ViewerQuery } from './gen/graphql';

const ViewerDocument = graphql(`
  query Viewer {
    viewer {
      id
      username
      isRoot
      permissions
      expireAt
      sessionExpiresAt
      address
    }
    meta {
      version
    }
  }
`);

export type Viewer = ViewerQuery['viewer'];

export type Session = { viewer: Viewer; version: string };

export const sessionKey = ['session'] as const;

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      if (!(await hasSession(signal))) return null;
      const { viewer, meta } = await request(ViewerDocument, {}, signal);
      return { viewer, version: meta.version };
    } catch (error) {
      if (error instanceof Refusal && error.kind === 'signed-out') return null;
      throw error;
    }
  },
  staleTime: 30_000,
});

/** After somebody signed in again, who may be another. */
export async function readAnew(client: QueryClient): Promise<void> {
  await client.invalidateQueries({ queryKey: sessionKey });
  // Another token may see less: what the old one read must not stay.
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] && !query.isActive() });
  await client.invalidateQueries();
}

export function mayAdministerTokens(viewer: Viewer): boolean {
  return viewer.isRoot || viewer.permissions.includes('ChangeSystemPermissions');
}

export function mayManageCluster(viewer: Viewer): boolean {
  return viewer.isRoot || viewer.permissions.includes('ManageCluster');
}

/** Filters, policies and the audit log can be read by both kinds of administrators. */
export function mayReadRules(viewer: Viewer): boolean {
  return mayAdministerTokens(viewer) || mayManageCluster(viewer);
}
