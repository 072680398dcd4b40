import { useQuery } from '@tanstack/react-query';
import { makerNameQuery, type SystemToken } from '../../api/tokens';
import { isTokenId } from '../../lib/withoutSecret';

/**
 * The name of who made the tokens of a list: as one of them has it, or else as the server does.
 * What it made before or after a reset has another id of it, and a list may be empty. Null as long
 * as nobody knows it.
 */
export function useMaker(creator: string, tokens: readonly SystemToken[] | undefined): string | null {
  const shown = tokens?.find(({ createdBy }) => createdBy === creator)?.createdByName ?? null;
  const asked = useQuery({ ...makerNameQuery(creator), enabled: isTokenId(creator) && tokens !== undefined && shown === null });
  return shown ?? asked.data ?? null;
}
