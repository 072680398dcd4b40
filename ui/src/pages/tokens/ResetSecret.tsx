import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Label } from 'react-aria-components/Label';
import { RadioGroup } from 'react-aria-components/RadioGroup';
import { useLocation } from 'wouter';
import type { ExpirationUnit } from '../../api/gen/graphql';
import { type IssuedToken, rotateToken, type SystemToken, tokensKey } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Radio } from '../../components/Checkbox';
import { Dialog, DialogActions } from '../../components/Dialog';
import field from '../../components/Field.module.css';
import { Name } from '../../components/Name';
import { RefusalNotice } from '../../components/Notice';
import { RevealOnce } from '../../components/RevealOnce';
import { classes } from '../../lib/classes';
import { unitMs } from '../../lib/expiry';
import { useInsist } from '../../lib/insist';
import { useAction } from '../../lib/useAction';
import styles from './Detail.module.css';

type Grace = { on: boolean; amount: number; unit: ExpirationUnit };

/**
 * A new string for a token, with or without time to bring it to the machines that use the old one.
 */
export function ResetSecret({ token, onClose }: { token: SystemToken; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [grace, setGrace] = useState<Grace>({ on: false, amount: 1, unit: 'Hours' });
  // Kept here and nowhere else, and only until it is closed.
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const rotating = useAction(useInsist(rotateToken));
  const graceMs = grace.on ? grace.amount * unitMs[grace.unit] : 0;

  if (issued) {
    return (
      <RevealOnce
        secret={issued.token}
        heading="The new string"
        note={<p>{grace.on ? 'The old string works until the grace period is over.' : 'The old string works no more.'} The token has a new id.</p>}
        onClose={() => {
          setIssued(null);
          void client.invalidateQueries({ queryKey: tokensKey });
          navigate(`/tokens/${encodeURIComponent(issued.tokenMetadata.id)}`, { replace: true });
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
      onClose={onClose}
    >
      <p>It gets a new string and a new id. Name, permissions, IP filter and expiry stay.</p>
      <RadioGroup value={grace.on ? 'grace' : 'now'} onChange={(value) => setGrace({ ...grace, on: value === 'grace' })}>
        <Label className={field.label}>The old string stops working</Label>
        <Radio value="now">At once</Radio>
        <Radio value="grace">After a grace period, at most 7 days</Radio>
      </RadioGroup>
      {grace.on && <GraceInputs grace={grace} onChange={setGrace} />}
      <RefusalNotice refusal={rotating.refusal} />
      <DialogActions>
        <Button onPress={onClose} isDisabled={rotating.pending}>
          Keep the old string
        </Button>
        <Button
          look="dangerFull"
          isPending={rotating.pending}
          pendingLabel="Resetting"
          isDisabled={Number.isNaN(graceMs)}
          onPress={() => void rotating.run(token.id, graceMs).then((made) => made && setIssued(made))}
        >
          Reset secret
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function GraceInputs({ grace, onChange }: { grace: Grace; onChange: (grace: Grace) => void }) {
  return (
    <div className={styles.row}>
      <input
        type="number"
        min={1}
        aria-label="Amount of time"
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
    </div>
  );
}
