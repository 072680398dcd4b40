import { useQuery, useQueryClient } from '@tanstack/react-query';
import { deleteTokens, lastUseOf, madeByQuery, type SystemToken, tokensKey } from '../../api/tokens';
import { Confirm } from '../../components/Confirm';
import { Distance } from '../../components/Moment';
import { Name } from '../../components/Name';
import { counted, hour, number } from '../../lib/time';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useNow } from '../../lib/useNow';
import styles from './ChosenBar.module.css';

/**
 * Asks before several tokens are deleted: those that are in use stand first, and if there are any
 * something has to be typed.
 */
export function DeleteTokens({ tokens, onClose }: { tokens: readonly SystemToken[]; onClose: () => void }) {
  const client = useQueryClient();
  const now = useNow();
  const inUse = tokens.filter((token) => now - (lastUseOf(token)?.at ?? 0) < hour);
  const others = tokens.filter((token) => !inUse.includes(token));
  const count = counted(tokens.length, 'token');
  const deleting = useAction(async () => {
    await deleteTokens(tokens.map(({ id }) => id));
    await client.invalidateQueries({ queryKey: tokensKey });
    tell({ text: `${count} deleted.`, link: { to: '/audit-log?action=deleteSystemTokens', label: 'See it in the audit log' } });
    onClose();
  });
  const made = useQuery(madeByQuery(tokens.map(({ id }) => id))).data ?? 0;
  return (
    <Confirm
      title={`Delete ${count}?`}
      action={`Delete ${count}`}
      pendingLabel="Deleting"
      keep="Keep them"
      phrase={inUse.length > 0 ? `delete ${number(tokens.length)}` : undefined}
      pending={deleting.pending}
      refusal={deleting.refusal}
      onConfirm={() => void deleting.run()}
      onClose={onClose}
    >
      <p>They are refused from that moment on, and nobody can bring them back. All of them go, or none.</p>
      {made > 0 && <p>{made === 1 ? '1 token that they made goes' : `${counted(made, 'token')} that they made go`} on working.</p>}
      {inUse.length > 0 && (
        <>
          <p>
            <strong>{inUse.length === 1 ? '1 of them was used within the last hour.' : `${inUse.length} of them were used within the last hour.`}</strong> What uses{' '}
            {inUse.length === 1 ? 'it' : 'them'} will stop working.
          </p>
          <TokenNames label="In use" tokens={inUse} />
        </>
      )}
      {others.length > 0 && <TokenNames label={inUse.length > 0 ? 'The others' : 'Tokens to delete'} tokens={others} />}
    </Confirm>
  );
}

function TokenNames({ label, tokens }: { label: string; tokens: readonly SystemToken[] }) {
  return (
    <ul className={styles.list} aria-label={label} tabIndex={0}>
      {tokens.map((token) => {
        const last = lastUseOf(token);
        return (
          <li key={token.id}>
            <Name name={token.name} clamp />
            <span className={styles.quiet}>
              {last === null ? (
                'never used'
              ) : (
                <>
                  used <Distance at={last.at} />
                </>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
