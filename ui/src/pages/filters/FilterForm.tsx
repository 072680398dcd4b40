import { type ReactNode, useState } from 'react';
import type { IPFilter } from '../../api/filters';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { RefusalNotice } from '../../components/Notice';
import { useAction } from '../../lib/useAction';
import { FilterBench } from './FilterBench';
import styles from './Filters.module.css';

type Draft = { name: string; ipFilter: string };

type FilterFormProps = {
  start: Draft;
  action: string;
  pendingLabel: string;
  save: (draft: Draft) => Promise<IPFilter>;
  onSaved: (filter: IPFilter) => void;
  /** Further buttons beside the one that saves. */
  extra?: ReactNode;
  autoFocus?: boolean;
};

/** A filter's name and rules, to be made or changed. */
export function FilterForm({ start, action, pendingLabel, save, onSaved, extra, autoFocus = false }: FilterFormProps) {
  const [draft, setDraft] = useState(start);
  const saving = useAction(save);
  const changed = draft.name !== start.name || draft.ipFilter !== start.ipFilter;
  const fields = saving.refusal?.fields ?? {};
  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        // React passes a submit through portals: a form in a dialog must not submit the one around it.
        event.stopPropagation();
        void saving.run(draft).then((filter) => filter && onSaved(filter));
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
      <RefusalNotice refusal={saving.refusal} shownFields={['name', 'ipFilter']} />
      <div className={styles.actions}>
        <Button look="primary" type="submit" isPending={saving.pending} pendingLabel={pendingLabel} isDisabled={!changed}>
          {action}
        </Button>
        {extra}
      </div>
    </form>
  );
}
