import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { auditQuery } from '../../api/audit';
import { endedQuery } from '../../api/tokens';
import { Distance } from '../../components/Moment';

/**
 * The use of a string that a reset gave and nobody has used yet, so that what counts is when the
 * one before it was used. That one has ended, and is known for as long as the history tells of it.
 */
export function StringBefore({ id }: { id: string }) {
  const resets = useQuery(auditQuery({ tokenIdFilter: id, typeFilter: ['hashedtokens.rotate'] })).data?.results;
  const reset = resets?.find(({ fields }) => fields.some(({ name, value }) => name === 'newTokenId' && value === id));
  const before = reset?.fields.find(({ name }) => name === 'oldTokenId')?.value ?? '';
  const ended = useQuery({ ...endedQuery(before), enabled: before !== '' }).data;
  if (ended == null) return 'Not yet with its present string';
  return (
    <>
      Not used yet; <Link to={`/tokens/${before}`}>the string before it</Link> was{' '}
      {ended.lastUsedAt == null ? (
        'never used'
      ) : (
        <>
          used <Distance at={ended.lastUsedAt} />
          {ended.lastUsedFrom != null && (
            <>
              {' '}
              from <code>{ended.lastUsedFrom}</code>
            </>
          )}
        </>
      )}
    </>
  );
}
