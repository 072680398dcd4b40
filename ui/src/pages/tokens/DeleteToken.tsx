import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { deleteToken, type SystemToken, tokensKey } from '../../api/tokens';
import { Confirm } from '../../components/Confirm';
import { Distance } from '../../components/Moment';
import { Name } from '../../components/Name';
import { day } from '../../lib/time';
import { useAction } from '../../lib/useAction';
import { useNow } from '../../lib/useNow';

export function DeleteToken({ token, onClose }: { token: SystemToken; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const now = useNow();
  const inUse = token.lastUsedAt != null && now - token.lastUsedAt < day;
  const deleting = useAction(async () => {
    await deleteToken(token.id);
    navigate('/tokens', { replace: true });
    client.removeQueries({ queryKey: [...tokensKey, 'one', token.id] });
    await client.invalidateQueries({ queryKey: tokensKey });
  });
  return (
    <Confirm
      title={
        <>
          Delete the token <Name name={token.name} />?
        </>
      }
      action="Delete token"
      pendingLabel="Deleting"
      phrase={inUse ? phraseFor(token) : undefined}
      pending={deleting.pending}
      refusal={deleting.refusal}
      onConfirm={() => void deleting.run()}
      onClose={onClose}
    >
      <p>It is refused from that moment on, and nobody can bring it back.</p>
      {inUse && token.lastUsedAt != null && (
        <p>
          It is in use: last accepted <Distance at={token.lastUsedAt} />
          {token.lastUsedFrom != null && (
            <>
              {' '}
              from <code>{token.lastUsedFrom}</code>
            </>
          )}
          . What uses it will stop working.
        </p>
      )}
    </Confirm>
  );
}

/** A name that can be typed on any keyboard, or else the first letters of the id. */
function phraseFor(token: SystemToken): string {
  return /^[\x21-\x7e](?:[\x20-\x7e]{0,38}[\x21-\x7e])?$/.test(token.name) ? token.name : token.id.slice(0, 8);
}
