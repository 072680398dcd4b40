import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type SystemToken, tokenQuery } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Distance, Exact } from '../../components/Moment';
import { Notice } from '../../components/Notice';
import { hour } from '../../lib/time';
import { useNow } from '../../lib/useNow';
import { DeleteToken } from './DeleteToken';

/**
 * The string that a token had before, while it works out its grace period: whether somebody still
 * uses it, until when it works, and a way to end it now.
 */
export function Predecessor({ id }: { id: string }) {
  const [ending, setEnding] = useState(false);
  const token = useQuery({ ...tokenQuery(id), refetchInterval: 10_000 }).data;
  if (token === undefined || token.expired) return null;
  return (
    <Notice tone="warn" title="The string before this one still works" actions={<Button onPress={() => setEnding(true)}>End it now</Button>}>
      <PredecessorUse token={token} />
      {ending && <DeleteToken token={token} stay old onClose={() => setEnding(false)} />}
    </Notice>
  );
}

/** Until when an old string works, and when it was last used. */
export function PredecessorUse({ token }: { token: SystemToken }) {
  const now = useNow();
  const idle = token.lastUsedAt != null && now - token.lastUsedAt >= hour;
  return (
    <p>
      It works until {token.expireAt != null && <Exact at={token.expireAt} />}.{' '}
      {token.lastUsedAt == null ? (
        'It was never used.'
      ) : (
        <>
          {idle ? 'Idle: last used ' : 'Used '}
          <Distance at={token.lastUsedAt} past />
          {token.lastUsedFrom != null && (
            <>
              {' '}
              from <code>{token.lastUsedFrom}</code>
            </>
          )}
          .
        </>
      )}
    </p>
  );
}
