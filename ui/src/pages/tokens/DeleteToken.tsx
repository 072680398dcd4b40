import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { deleteToken, lastUseOf, madeByQuery, type SystemToken, tokensKey } from '../../api/tokens';
import { Confirm } from '../../components/Confirm';
import { Distance } from '../../components/Moment';
import { Name } from '../../components/Name';
import { shownName } from '../../lib/invisible';
import { lastList } from '../../lib/lastList';
import { counted, day } from '../../lib/time';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useNow } from '../../lib/useNow';
import { useSession } from '../../shell/session';
import { OwnToken } from './OwnToken';
import { useClosing } from './useClosing';

type DeleteTokenProps = {
  token: SystemToken;
  stay?: boolean;
  /** Whether it is the old string of a token whose secret was reset, which stays. */
  old?: boolean;
  onClose: () => void;
};

/** Asks before one token is deleted. It leads to the list, or stays there. */
export function DeleteToken({ token, stay = false, old = false, onClose }: DeleteTokenProps) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const now = useNow();
  const last = lastUseOf(token);
  const inUse = last !== null && now - last.at < day;
  const deleting = useAction(async () => {
    await deleteToken(token.id);
    if (!stay) navigate(lastList('/tokens'), { replace: true });
    tell({ text: old ? `The old string of ${shownName(token.name)} works no more.` : `The token ${shownName(token.name)} is deleted.`, link: { to: `/audit-log?token=${encodeURIComponent(token.id)}`, label: 'See it in the audit log' } });
    client.removeQueries({ queryKey: [...tokensKey, 'one', token.id] });
    await client.invalidateQueries({ queryKey: tokensKey });
    onClose();
  });
  const own = useSession().viewer.id === token.id;
  const close = useClosing(deleting.refusal, onClose);
  const made = useQuery(madeByQuery([token.id])).data ?? 0;
  return (
    <Confirm
      title={
        <>
          {old ? 'End the old string of' : 'Delete the token'} <Name name={token.name} />?
        </>
      }
      action={old ? 'End the old string' : 'Delete token'}
      pendingLabel={old ? 'Ending' : 'Deleting'}
      phrase={inUse ? phraseFor(token) : undefined}
      pending={deleting.pending}
      refusal={deleting.refusal}
      onConfirm={() => void deleting.run()}
      onClose={close}
    >
      <p>
        {old && 'Only the old string goes: the token stays, with its new string. '}
        {old ? 'The old one' : 'It'} is refused from that moment on, and nobody can bring it back.
      </p>
      {own && <OwnToken />}
      {made > 0 && (
        <p>
          {made === 1 ? '1 token that it made goes' : `${counted(made, 'token')} that it made go`} on working:{' '}
          <Link to={`/tokens?creator=${encodeURIComponent(token.id)}`}>look at {made === 1 ? 'it' : 'them'}</Link>.
        </p>
      )}
      {inUse && (
        <p>
          It is in use: last accepted <Distance at={last.at} past />
          {last.from != null && (
            <>
              {' '}
              from <code>{last.from}</code>
            </>
          )}
          {last === token.earlierUse && ', with a string that it had before'}
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
