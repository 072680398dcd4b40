import { Link } from 'wouter';
import type { SystemToken } from '../../api/tokens';
import { Distance } from '../../components/Moment';

/**
 * The use of a token whose present string came by a reset, and which nobody has used yet: what
 * counts is when one of the strings before was used.
 */
export function StringBefore({ earlier, leads }: { earlier: SystemToken['earlierUse']; leads: boolean }) {
  if (earlier == null) return <>Not used yet; no use of a string before it is known</>;
  return (
    <>
      Not used yet; {leads ? <Link to={`/tokens/${encodeURIComponent(earlier.tokenId)}`}>a string before it</Link> : 'a string before it'} was used{' '}
      <Distance at={earlier.at} past />
      {earlier.from != null && (
        <>
          {' '}
          from <code>{earlier.from}</code>
        </>
      )}
    </>
  );
}
