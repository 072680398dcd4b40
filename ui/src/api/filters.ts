import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { request } from './client';
import { graphql } from './gen';
import type { IpFilterInput, IpFiltersQuery, IpFilterUpdateInput, TestIpFilterQuery } from './gen/graphql';

const IPFiltersDocument = graphql(`
  query IPFilters($skip: Int, $limit: Int) {
    ipFilters(skip: $skip, limit: $limit) {
      id
      name
      ipFilter
    }
  }
`);

const IPFilterUsageDocument = graphql(`
  query IPFilterUsage($id: String!, $skip: Int, $limit: Int) {
    ipFilterUsage(id: $id, skip: $skip, limit: $limit) {
      totalTokens
      policies
      tokens {
        ...TokenRow
      }
    }
  }
`);

const TestIPFilterDocument = graphql(`
  query TestIPFilter($ipFilter: String!, $address: String!) {
    testIPFilter(ipFilter: $ipFilter, address: $address) {
      allowed
      line
      rule
      unreachableLines
    }
  }
`);

const CreateIPFilterDocument = graphql(`
  mutation CreateIPFilter($input: IPFilterInput!) {
    createIPFilter(input: $input) {
      id
      name
      ipFilter
    }
  }
`);

const UpdateIPFilterDocument = graphql(`
  mutation UpdateIPFilter($input: IPFilterUpdateInput!) {
    updateIPFilter(input: $input) {
      id
      name
      ipFilter
    }
  }
`);

const DeleteIPFilterDocument = graphql(`
  mutation DeleteIPFilter($input: IPFilterIdInput!) {
    deleteIPFilter(input: $input)
  }
`);

export type IPFilter = IpFiltersQuery['ipFilters'][number];
export type FilterVerdict = TestIpFilterQuery['testIPFilter'];

export const filtersKey = ['filters'] as const;

export const filtersQuery = queryOptions({
  queryKey: [...filtersKey, 'all'],
  queryFn: ({ signal }) => allFilters(signal),
});

/** As many filters as fit into one answer, however long their texts are. */
const FILTERS_AT_ONCE = 15;

async function allFilters(signal: AbortSignal): Promise<IPFilter[]> {
  const all = new Map<string, IPFilter>(); // one that moves to the next page meanwhile comes twice
  for (let skip = 0; ; skip += FILTERS_AT_ONCE) {
    const page = (await request(IPFiltersDocument, { skip, limit: FILTERS_AT_ONCE }, signal)).ipFilters;
    for (const filter of page) {
      all.set(filter.id, filter);
    }
    if (page.length < FILTERS_AT_ONCE) {
      return [...all.values()];
    }
  }
}

export function filterUsageQuery(id: string, skip: number, limit: number) {
  return queryOptions({
    queryKey: [...filtersKey, 'usage', id, skip, limit],
    queryFn: async ({ signal }) => (await request(IPFilterUsageDocument, { id, skip, limit }, signal)).ipFilterUsage,
    placeholderData: keepPreviousData,
  });
}

/** What rules would do with an address. The server parses and decides; nothing is stored. */
export async function testFilter(ipFilter: string, address: string, signal?: AbortSignal): Promise<FilterVerdict> {
  return (await request(TestIPFilterDocument, { ipFilter, address }, signal)).testIPFilter;
}

export async function createFilter(key: string, input: IpFilterInput): Promise<IPFilter> {
  return (await request(CreateIPFilterDocument, { input }, undefined, key)).createIPFilter;
}

export async function updateFilter(input: IpFilterUpdateInput): Promise<IPFilter> {
  return (await request(UpdateIPFilterDocument, { input })).updateIPFilter;
}

export async function deleteFilter(id: string): Promise<void> {
  await request(DeleteIPFilterDocument, { input: { id } });
}
