import { type ReactNode, useState } from 'react';
import { useLastChange } from '../../api/audit';
import type { IPFilter } from '../../api/filters';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { RefusalNotice } from '../../components/Notice';
import { Overtaken } from '../../components/Overtaken';
import { Restored } from '../../components/Restored';
import { useDraft } from '../../lib/drafts';
import { changedLines } from '../../lib/rules';
import { forget } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { useLeadToField } from '../../lib/useLead';
import { binds, type Binding, ConfirmBinding } from './ConfirmBinding';
import { FilterBench } from './FilterBench';
import styles from './Filters.module.css';

type Draft = { name: string; ipFilter: string };

const fieldLabels = { name: 'Name', ipFilter: 'Rules' };

type FilterFormProps = {
  /** What is there now. */
  start: Draft;
  /** Absent for one that is to be made. */
  id?: string;
  action: string;
  pendingLabel: string;
  /** Given also what the draft was begun from. */
  save: (draft: Draft, base: Draft) => Promise<IPFilter>;
  /**
   * Tells whom new rules would bind; given for a filter that exists. They are then asked about
   * first.
   */
  binding?: (draft: Draft, base: Draft) => Promise<Binding>;
  /** Where what is typed is kept until it is saved; nowhere if absent. */
  keptAs?: string;
  onSaved: (filter: IPFilter) => void;
  /** Whether only the name may be changed. */
  rulesFixed?: boolean;
  /** Further buttons beside the one that saves. */
  extra?: ReactNode;
  autoFocus?: boolean;
};

/** A filter's name and rules, to be made or changed. */
export function FilterForm({ start, id, action, pendingLabel, save, binding, keptAs, onSaved, rulesFixed = false, extra, autoFocus = false }: FilterFormProps) {
  const now = { name: start.name, ipFilter: start.ipFilter };
  const { value: draft, set: setDraft, base, since, restored, changed, overtaken, load, keep: insist, settle, drop } = useDraft(keptAs ?? null, now);
  const change = (part: Partial<Draft>) => {
    forget();
    setDraft({ ...draft, ...part });
  };
  const saving = useAction(save);
  // Whom the new rules bind, while that is asked about.
  const [bound, setBound] = useState<Binding | null>(null);
  const keep = async () => {
    const filter = await saving.run(draft, base);
    setBound(null); // a refusal is shown beside the field it is about
    if (filter === undefined) return;
    settle({ name: filter.name, ipFilter: filter.ipFilter });
    drop();
    onSaved(filter);
  };
  const counting = useAction(async () => {
    const asked = binding !== undefined && draft.ipFilter !== start.ipFilter ? await binding(draft, base) : undefined;
    if (asked !== undefined && binds(asked)) setBound(asked);
    else await keep();
  });
  const by = useLastChange(overtaken && id !== undefined ? { action: 'updateIPFilter', filterId: id, since } : null);
  const choose = (chosen: () => void) => () => {
    chosen();
    counting.clear();
    saving.clear();
  };
  const fields = { ...counting.refusal?.fields, ...saving.refusal?.fields };
  const form = useLeadToField<HTMLFormElement>(counting.refusal ?? saving.refusal, bound !== null);
  return (
    <>
      {restored && !overtaken && <Restored onAnew={load} />}
      {overtaken && (
        <Overtaken what="this filter" by={by} theirs={differences(base, now)} mine={differences(base, draft)} onLoad={choose(load)} onKeep={choose(insist)} />
      )}
      <form
        ref={form}
        noValidate
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          // React passes a submit through portals: a form in a dialog must not submit the one
          // around it.
          event.stopPropagation();
          void counting.run();
        }}
      >
        <div className={styles.name}>
          <Field
            label="Name"
            value={draft.name}
            onChange={(name) => change({ name })}
            error={fields['name']}
            autoComplete="off"
            autoFocus={autoFocus}
          />
        </div>
        <FilterBench
          rules={draft.ipFilter}
          onChange={rulesFixed ? undefined : (ipFilter) => change({ ipFilter })}
          error={fields['ipFilter']}
          mayTest
        />
        <RefusalNotice refusal={counting.refusal ?? saving.refusal} fieldLabels={fieldLabels} />
        <div className={styles.actions}>
          <Button look="primary" type="submit" isPending={saving.pending || counting.pending} pendingLabel={pendingLabel} isDisabled={!changed || overtaken}>
            {action}
          </Button>
          {extra}
        </div>
      </form>
      {bound && <ConfirmBinding binding={bound} pending={saving.pending} onConfirm={() => void keep()} onClose={() => setBound(null)} />}
    </>
  );
}

function differences(before: Draft, after: Draft): string[] {
  const renamed = before.name === after.name ? [] : [`Name: ${before.name} → ${after.name}`];
  return [...renamed, ...changedLines(before.ipFilter, after.ipFilter)];
}
