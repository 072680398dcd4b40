import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { filtersQuery } from '../api/filters';
import { endedQuery, tokensQuery } from '../api/tokens';
import { mayAdministerTokens, mayManageCluster, mayReadRules } from '../api/viewer';
import { isTokenId, withoutSecret } from '../lib/withoutSecret';
import { useSession } from './session';

export type Command = { key: string; label: string; detail?: string };
export type Section = { title: string; commands: Command[] };

const few = 8;

/**
 * What the command bar offers for what is typed: tokens asked of the server, filters and pages
 * known here.
 */
export function useCommands(typed: string): { sections: Section[]; searching: boolean } {
  const { viewer } = useSession();
  const wanted = withoutSecret(typed).trim();
  const rested = useRested(wanted);
  const tokensAllowed = mayAdministerTokens(viewer);
  const rulesAllowed = mayReadRules(viewer);
  const tokens = useQuery({
    ...tokensQuery({ searchFilter: rested, sortBy: 'Name', orderBy: 'ASC', skip: 0, limit: few }),
    enabled: tokensAllowed && rested !== '',
  });
  const ended = useQuery({ ...endedQuery(rested), enabled: tokensAllowed && isTokenId(rested) });
  const filters = useQuery({ ...filtersQuery, enabled: rulesAllowed });

  const fits = (label: string) => label.toLowerCase().includes(wanted.toLowerCase());
  const found = wanted === '' ? [] : (tokens.data?.results ?? []);
  const gone = wanted === rested && ended.data ? [ended.data] : [];
  const sections: Section[] = [
    {
      title: 'Tokens',
      commands: [...found, ...gone].map(({ id, name, endedAt }) => ({
        key: `/tokens/${encodeURIComponent(id)}`,
        label: name,
        detail: `${id.slice(0, 8)}…${endedAt == null ? '' : ', ended'}`,
      })),
    },
    {
      title: 'IP filters',
      commands:
        wanted === ''
          ? []
          : (filters.data ?? [])
              .filter(({ id, name }) => fits(name) || id === wanted)
              .slice(0, few)
              .map(({ id, name }) => ({ key: `/ip-filters/${encodeURIComponent(id)}`, label: name })),
    },
    {
      title: 'Do',
      commands: [
        tokensAllowed && { key: '/tokens/new', label: 'Add a system token' },
        mayManageCluster(viewer) && { key: '/ip-filters/new', label: 'Add an IP filter' },
        { key: 'shortcuts', label: 'Keyboard shortcuts' },
        { key: 'sign-out', label: 'Sign out' },
      ].filter((command) => command !== false && fits(command.label)) as Command[],
    },
    {
      title: 'Pages',
      commands: [
        tokensAllowed && { key: '/tokens', label: 'System tokens' },
        rulesAllowed && { key: '/ip-filters', label: 'IP filters' },
        rulesAllowed && { key: '/security-policies', label: 'Security policies' },
        rulesAllowed && { key: '/audit-log', label: 'Audit log' },
        { key: '/docs/api-explorer', label: 'API explorer' },
        { key: '/docs/', label: 'Manual' },
      ].filter((command) => command !== false && fits(command.label)) as Command[],
    },
  ];
  return {
    sections: sections.filter((section) => section.commands.length > 0),
    searching: wanted !== '' && tokensAllowed && (rested !== wanted || tokens.isFetching || ended.isFetching),
  };
}

function useRested(value: string): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), 150);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
