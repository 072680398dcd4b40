import { type ReactNode, useState } from 'react';
import type { IPFilter } from '../../api/filters';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { RefusalNotice } from '../../components/Notice';
import { useAction } from '../../lib/useAction';
import { ConfirmBinding, isUsed, type Usage } from './ConfirmBinding';
import { FilterBench } from './FilterBench';
import styles from './Filters.module.css';

type Draft = { name: string; ipFilter: string };

type FilterFormProps = {
  start: Draft;
  action: string;
  pendingLabel: string;
  save: (draft: Draft) => Promise<IPFilter>;
  /**
   * Counts whom the rules bind already; given for a filter that exists. New rules are then asked
   * about first.
   */
  usage?: () => Promise<Usage>;
  onSaved: (filter: IPFilter) => void;
  /** Further buttons beside the one that saves. */
  extra?: ReactNode;
  autoFocus?: boolean;
};

/** A filter's name and rules, to be made or changed. */
export function FilterForm({ start, action, pendingLabel, save, usage, onSaved, extra, autoFocus = false }: FilterFormProps) {
  const [draft, setDraft] = useState(start);
  const saving = useAction(save);
  // Whom the new rules bind, while that is asked about.
  const [binds, setBinds] = useState<Usage | null>(null);
  const keep = async () => {
    const filter = await saving.run(draft);
    setBinds(null); // a refusal is shown beside the field it is about
    if (filter !== undefined) onSaved(filter);
  };
  const counting = useAction(async () => {
    const used = usage !== undefined && draft.ipFilter !== start.ipFilter ? await usage() : undefined;
    if (used !== undefined && isUsed(used)) setBinds(used);
    else await keep();
  });
  const changed = draft.name !== start.name || draft.ipFilter !== start.ipFilter;
  const fields = saving.refusal?.fields ?? {};
  return (
    <>
      <form
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
            onChange={(name) => setDraft({ ...draft, name })}
            error={fields['name']}
            autoComplete="off"
            autoFocus={autoFocus}
          />
        </div>
        <FilterBench rules={draft.ipFilter} onChange={(ipFilter) => setDraft({ ...draft, ipFilter })} error={fields['ipFilter']} mayTest />
        <RefusalNotice refusal={counting.refusal ?? saving.refusal} shownFields={['name', 'ipFilter']} />
        <div className={styles.actions}>
          <Button look="primary" type="submit" isPending={saving.pending || counting.pending} pendingLabel={pendingLabel} isDisabled={!changed}>
            {action}
          </Button>
          {extra}
        </div>
      </form>
      {binds && (
        <ConfirmBinding usage={binds} pending={saving.pending} onConfirm={() => void keep()} onClose={() => setBinds(null)} />
      )}
    </>
  );
}
