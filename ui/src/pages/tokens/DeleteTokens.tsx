import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteTokens, lastUseOf, madeByQuery, type SystemToken, tokensKey } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Confirm } from '../../components/Confirm';
import { Distance } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Notice } from '../../components/Notice';
import type { Refusal } from '../../lib/refusal';
import { counted, hour, number } from '../../lib/time';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useNow } from '../../lib/useNow';
import { useSession } from '../../shell/session';
import styles from './ChosenBar.module.css';
import { namedAlike, shortId } from './namedAlike';
import { OwnToken } from './OwnToken';
import { useClosing } from './useClosing';

/**
 * Asks before several tokens are deleted: those that are in use stand first, and if there are any
 * something has to be typed.
 */
export function DeleteTokens({ tokens: asked, onClose }: { tokens: readonly SystemToken[]; onClose: () => void }) {
  const [tokens, setTokens] = useState(asked);
  const client = useQueryClient();
  const now = useNow();
  const inUse = tokens.filter((token) => now - (lastUseOf(token)?.at ?? 0) < hour);
  const others = tokens.filter((token) => !inUse.includes(token));
  const alike = namedAlike(tokens);
  const count = counted(tokens.length, 'token');
  const deleting = useAction(async () => {
    await deleteTokens(tokens.map(({ id }) => id));
    await client.invalidateQueries({ queryKey: tokensKey });
    tell({ text: `${count} deleted.`, link: { to: '/audit-log?action=deleteSystemTokens', label: 'See it in the audit log' } });
    onClose();
  });
  const made = useQuery(madeByQuery(tokens.map(({ id }) => id))).data ?? 0;
  const { viewer } = useSession();
  const close = useClosing(deleting.refusal, onClose);
  const gone = missing(tokens, deleting.refusal);
  const leaveOut = () => {
    const left = tokens.filter((token) => token !== gone);
    setTokens(left);
    deleting.clear();
    void client.invalidateQueries({ queryKey: tokensKey });
    if (left.length === 0) onClose();
  };
  return (
    <Confirm
      title={`Delete ${count}?`}
      action={`Delete ${count}`}
      pendingLabel="Deleting"
      keep="Keep them"
      phrase={inUse.length > 0 ? `delete ${number(tokens.length)}` : undefined}
      pending={deleting.pending}
      refusal={deleting.refusal}
      refused={gone && <Gone token={gone} onLeaveOut={leaveOut} />}
      onConfirm={() => void deleting.run()}
      onClose={close}
    >
      <p>They are refused from that moment on, and nobody can bring them back. All of them go, or none.</p>
      {tokens.some(({ id }) => id === viewer.id) && <OwnToken among />}
      {made > 0 && <p>{made === 1 ? '1 token that they made goes' : `${counted(made, 'token')} that they made go`} on working.</p>}
      {inUse.length > 0 && (
        <>
          <p>
            <strong>{inUse.length === 1 ? '1 of them was used within the last hour.' : `${inUse.length} of them were used within the last hour.`}</strong> What uses{' '}
            {inUse.length === 1 ? 'it' : 'them'} will stop working.
          </p>
          <TokenNames label="In use" tokens={inUse} alike={alike} />
        </>
      )}
      {others.length > 0 && <TokenNames label={inUse.length > 0 ? 'The others' : 'Tokens to delete'} tokens={others} alike={alike} />}
    </Confirm>
  );
}

/** Which of them is there no more, if that is why none was deleted. */
function missing(tokens: readonly SystemToken[], refusal: Refusal | null): SystemToken | undefined {
  return refusal?.code === 'NOT_FOUND' ? tokens.find(({ id }) => refusal.message.includes(id)) : undefined;
}

function Gone({ token, onLeaveOut }: { token: SystemToken; onLeaveOut: () => void }) {
  return (
    <Notice
      tone="danger"
      urgent
      title={
        <>
          <Name name={token.name} /> is not there any more, so none was deleted.
        </>
      }
      actions={<Button onPress={onLeaveOut}>Leave it out</Button>}
    >
      <p>It was deleted or reset, or has expired, since you chose it. Leave it out, and the others can be deleted.</p>
    </Notice>
  );
}

function TokenNames({ label, tokens, alike }: { label: string; tokens: readonly SystemToken[]; alike: (name: string) => boolean }) {
  return (
    <ul className={styles.list} aria-label={label} tabIndex={0}>
      {tokens.map((token) => {
        const last = lastUseOf(token);
        return (
          <li key={token.id}>
            <span>
              <Name name={token.name} clamp /> {alike(token.name) && <code>{shortId(token.id)}</code>}
            </span>
            <span className={styles.quiet}>
              {last === null ? (
                'never used'
              ) : (
                <>
                  used <Distance at={last.at} past />
                </>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
