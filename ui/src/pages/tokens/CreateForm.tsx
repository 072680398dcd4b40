import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLastChange } from '../../api/audit';
import type { IPFilter } from '../../api/filters';
import { createToken, type IssuedToken, type Permission, tokensKey } from '../../api/tokens';
import { mayManageCluster } from '../../api/viewer';
import { ExpiryField } from '../../components/ExpiryField';
import { Field } from '../../components/Field';
import { Name } from '../../components/Name';
import { NoteField } from '../../components/NoteField';
import { RefusalNotice } from '../../components/Notice';
import { Overtaken } from '../../components/Overtaken';
import { PermissionPicker } from '../../components/PermissionPicker';
import { Restored } from '../../components/Restored';
import { RevealOnce } from '../../components/RevealOnce';
import { useDraft } from '../../lib/drafts';
import { expiryInput } from '../../lib/expiry';
import { useInsist } from '../../lib/insist';
import { shownName } from '../../lib/invisible';
import { span } from '../../lib/time';
import { useAction } from '../../lib/useAction';
import { useLeadToField } from '../../lib/useLead';
import { useSession } from '../../shell/session';
import styles from './Create.module.css';
import { FilterStep } from './FilterStep';
import { differences, type Start } from './prefill';
import { Summary } from './Summary';
import type { TokenPolicy } from './tokenPolicy';

type CreateFormProps = {
  permissions: readonly Permission[];
  filters: readonly IPFilter[];
  policy: TokenPolicy;
  /** The permissions that the reader may give. */
  grantable: readonly string[];
  start: Start;
  /** Where what is typed is kept until it is saved. */
  keptAs: string;
  /** The token that it was filled in from. */
  like: { id: string; name: string } | undefined;
  onDone: (made: { id: string; name: string }) => void;
};

const fieldLabels = { name: 'Token name', note: 'Note', permissions: 'Permissions', ipFilterId: 'IP filter', expiresIn: 'Expiration', expireAt: 'Expiration' };

export function CreateForm({ permissions, filters, policy, grantable, start, keptAs, like, onDone }: CreateFormProps) {
  const { viewer } = useSession();
  const client = useQueryClient();
  const { value, set, base, since, restored, overtaken, load, keep, drop } = useDraft(keptAs, start);
  // What a link filled in may be another thing by now; of a token there is more to say.
  const other = overtaken && like !== undefined;
  const by = useLastChange(other ? { tokenId: like.id, since } : null);
  const words = { label: (name: string) => permissions.find((one) => one.name === name)?.label ?? name, filter: (id: string) => filters.find((one) => one.id === id)?.name ?? id };
  const { name, note, permissions: chosen, filterId, expiry } = value;
  const change = (part: Partial<Start>) => set({ ...value, ...part });
  // The one place where the new string is kept. It goes when the reader closes it.
  const [issued, setIssued] = useState<IssuedToken | null>(null);
  const insisted = useInsist(createToken);
  const creating = useAction(() =>
    insisted({ name, note, permissions: chosen, ipFilterId: policy.enforcedFilter === null ? filterId : undefined, ...expiryInput(expiry) }),
  );
  const fields = creating.refusal?.fields ?? {};
  const form = useLeadToField<HTMLFormElement>(creating.refusal);

  const submit = async () => {
    const made = await creating.run();
    if (made === undefined) return;
    drop();
    setIssued(made);
  };

  const close = (made: IssuedToken) => {
    setIssued(null);
    void client.invalidateQueries({ queryKey: tokensKey });
    onDone(made.tokenMetadata);
  };

  const filter = policy.enforcedFilter ?? filters.find((one) => one.id === filterId) ?? null;
  return (
    <form
      ref={form}
      noValidate
      className={styles.layout}
      onSubmit={(event) => {
        event.preventDefault();
        if (!other) void submit();
      }}
    >
      <div className={styles.form}>
        {restored && !other && <Restored onAnew={load} />}
        {other && (
          <Overtaken what={shownName(like.name)} by={by} theirs={differences(base, start, words)} mine={differences(base, value, words)} onLoad={load} onKeep={keep} />
        )}
        <section className={styles.step}>
          <h2>Name</h2>
          <div className={styles.narrow}>
            <Field
              label="Token name"
              description="Which machine uses it, and for what. It cannot be changed later."
              value={name}
              onChange={(name) => change({ name })}
              error={fields['name']}
              autoComplete="off"
              autoFocus
            />
            <NoteField value={note} onChange={(note) => change({ note })} error={fields['note']} />
          </div>
        </section>
        <section className={styles.step}>
          <h2>Permissions</h2>
          <p className={styles.hint}>Choose as few as the machine needs. What a token may do, whoever finds it may do.</p>
          <PermissionPicker permissions={permissions} value={chosen} onChange={(permissions) => change({ permissions })} grantable={grantable} error={fields['permissions']} />
        </section>
        <section className={styles.step}>
          <h2>IP filter</h2>
          <FilterStep
            filters={filters}
            value={filterId}
            onChange={(filterId) => change({ filterId })}
            enforced={policy.enforcedFilter}
            error={fields['ipFilterId']}
            mayCreate={mayManageCluster(viewer)}
          />
        </section>
        <section className={styles.step}>
          <h2>Expiration</h2>
          {policy.maximumMs !== null && (
            <p className={styles.enforced}>The security policy lets no system token live longer than {span(policy.maximumMs)}.</p>
          )}
          <ExpiryField value={expiry} onChange={(expiry) => change({ expiry })} maximumMs={policy.maximumMs} error={fields['expiresIn'] ?? fields['expireAt']} />
        </section>
        <RefusalNotice refusal={creating.refusal} fieldLabels={fieldLabels} />
      </div>
      <Summary name={name} permissions={permissions} chosen={chosen} filter={filter} expiry={expiry} policy={policy} pending={creating.pending} waits={other} />
      {issued && <RevealOnce secret={issued.token} heading={<>The string of <Name name={issued.tokenMetadata.name} /></>} onClose={() => close(issued)} />}
    </form>
  );
}
