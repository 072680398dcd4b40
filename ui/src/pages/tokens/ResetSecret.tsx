import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Label } from 'react-aria-components/Label';
import { RadioGroup } from 'react-aria-components/RadioGroup';
import { useLocation } from 'wouter';
import type { ExpirationUnit } from '../../api/gen/graphql';
import { type IssuedToken, rotateToken, type SystemToken, tokenQuery, tokensKey } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Checkbox, Radio } from '../../components/Checkbox';
import { Dialog, DialogActions } from '../../components/Dialog';
import field from '../../components/Field.module.css';
import { Distance, Exact } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Notice, RefusalNotice } from '../../components/Notice';
import { RevealOnce } from '../../components/RevealOnce';
import { isAmount, unread } from '../../lib/amount';
import { classes } from '../../lib/classes';
import { unitMs } from '../../lib/expiry';
import { useInsist } from '../../lib/insist';
import { shownName } from '../../lib/invisible';
import { day } from '../../lib/time';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useLeadToField } from '../../lib/useLead';
import { useNow } from '../../lib/useNow';
import { useSession } from '../../shell/session';
import styles from './Detail.module.css';
import { PredecessorUse } from './Predecessor';
import { useClosing } from './useClosing';

const fieldLabels = { gracePeriodMs: 'Amount of time' };

type Grace = { on: boolean; amount: number; unit: ExpirationUnit };

/**
 * A new string for a token, with or without time to bring it to the machines that use the old one.
 */
export function ResetSecret({ token, stay = false, onClose }: { token: SystemToken; stay?: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [grace, setGrace] = useState<Grace>({ on: false, amount: 1, unit: 'Hours' });
  // Kept here and nowhere else, and only until it is closed.
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const [ending, setEnding] = useState(false);
  const predecessor = useQuery({ ...tokenQuery(token.replaces ?? ''), enabled: token.replaces != null, refetchInterval: 10_000 }).data;
  const stillWorks = token.replaces != null && predecessor?.expired !== true;
  const graceMs = grace.on ? grace.amount * unitMs[grace.unit] : 0;
  const insisted = useInsist(rotateToken);
  const rotating = useAction(() => {
    if (grace.on && !isAmount(grace.amount)) throw unread('gracePeriodMs');
    return insisted(token.id, graceMs, ending);
  });
  const close = useClosing(rotating.refusal, onClose);
  const form = useLeadToField<HTMLDivElement>(rotating.refusal);

  if (issued) {
    return (
      <RevealOnce
        secret={issued.token}
        heading={
          <>
            The new string of <Name name={token.name} />
          </>
        }
        note={<p>{graceMs > 0 ? 'The old string works until the grace period is over.' : 'The old string works no more.'} The token has a new id.</p>}
        onClose={() => {
          setIssued(null);
          void client.invalidateQueries({ queryKey: tokensKey });
          const to = `/tokens/${encodeURIComponent(issued.tokenMetadata.id)}`;
          if (!stay) navigate(to, { replace: true });
          tell({ text: `${shownName(token.name)} has a new string.`, link: stay ? { to, label: 'Look at it' } : undefined });
          onClose();
        }}
      />
    );
  }
  return (
    <Dialog
      title={
        <>
          Reset the secret of <Name name={token.name} />?
        </>
      }
      tone="danger"
      alert
      canClose={!rotating.pending}
      onClose={close}
    >
      <p>It gets a new string and a new id. Name, permissions and IP filter stay.</p>
      <p>
        {token.expireAt == null ? (
          'It still never ends.'
        ) : (
          <>
            It still ends <Distance at={token.expireAt} />, <Exact at={token.expireAt} />: a new string gives no more time.
          </>
        )}
      </p>
      {stillWorks && (
        <Notice tone="warn" title="The string before this one still works">
          {predecessor && <PredecessorUse token={predecessor} />}
          <Checkbox isSelected={ending} onChange={setEnding}>
            End it, so that this one can be reset
          </Checkbox>
        </Notice>
      )}
      <RadioGroup value={grace.on ? 'grace' : 'now'} onChange={(value) => setGrace({ ...grace, on: value === 'grace' })}>
        <Label className={field.label}>The old string stops working</Label>
        <Radio value="now">At once</Radio>
        <Radio value="grace">After a grace period, at most 7 days</Radio>
      </RadioGroup>
      {!grace.on && <AtOnce token={token} />}
      {grace.on && (
        <div ref={form}>
          <GraceInputs grace={grace} onChange={setGrace} error={rotating.refusal?.fields['gracePeriodMs']} />
        </div>
      )}
      <RefusalNotice refusal={rotating.refusal} fieldLabels={grace.on ? fieldLabels : {}} />
      <DialogActions>
        <Button onPress={close} isDisabled={rotating.pending}>
          Keep the old string
        </Button>
        <Button
          look="dangerFull"
          isPending={rotating.pending}
          pendingLabel="Resetting"
          isDisabled={stillWorks && !ending}
          onPress={() => void rotating.run().then((made) => made && setIssued(made))}
        >
          Reset secret
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** What stops at once when the old string does. */
function AtOnce({ token }: { token: SystemToken }) {
  const own = useSession().viewer.id === token.id;
  const now = useNow();
  const last = token.lastUsedAt != null && now - token.lastUsedAt < day ? token.lastUsedAt : null;
  return (
    <>
      {own && (
        <Notice tone="warn" title="You are signed in with this token">
          <p>Your session ends at once. Sign in again with the new string, which is shown next: copy it.</p>
        </Notice>
      )}
      {last !== null && (
        <p>
          It is in use: last accepted <Distance at={last} past />
          {token.lastUsedFrom != null && (
            <>
              {' '}
              from <code>{token.lastUsedFrom}</code>
            </>
          )}
          . What uses it stops working until it has the new string.
        </p>
      )}
    </>
  );
}

function GraceInputs({ grace, onChange, error }: { grace: Grace; onChange: (grace: Grace) => void; error: string | undefined }) {
  const errorId = useId();
  return (
    <div className={styles.row}>
      <input
        type="number"
        min={1}
        aria-label="Amount of time"
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : errorId}
        className={classes(field.input, styles.amount)}
        value={Number.isNaN(grace.amount) ? '' : grace.amount}
        onChange={(event) => onChange({ ...grace, amount: event.target.valueAsNumber })}
      />
      <select
        aria-label="Unit of time"
        className={classes(field.input, styles.unit)}
        value={grace.unit}
        onChange={(event) => onChange({ ...grace, unit: event.target.value as ExpirationUnit })}
      >
        <option value="Minutes">Minutes</option>
        <option value="Hours">Hours</option>
        <option value="Days">Days</option>
      </select>
      {error !== undefined && (
        <p id={errorId} className={field.error}>
          {error}
        </p>
      )}
    </div>
  );
}
