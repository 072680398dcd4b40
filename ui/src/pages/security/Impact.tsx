import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { IPFilter } from '../../api/filters';
import { impactQuery, policiesKey, policiesQuery, type PolicyImpact, updatePolicies } from '../../api/security';
import { tokensKey } from '../../api/tokens';
import { Button } from '../../components/Button';
import { RefusalNotice } from '../../components/Notice';
import { Pager } from '../../components/Pager';
import { useAction } from '../../lib/useAction';
import { tell } from '../../lib/told';
import { useLastPageInstead } from '../../lib/useListState';
import { useListQuery } from '../../lib/useListQuery';
import type { Refusal } from '../../lib/refusal';
import { actionLabel, allChangesOf, type Draft, draftOf, fieldLabels, inputOf, sameDraft, unreadOf } from './draft';
import { BusiestDays, ImpactCounts, ImpactTable } from './ImpactTable';
import { SaveDialog } from './SaveDialog';
import styles from './Security.module.css';

const size = 25;
const nothing = {};

type ImpactProps = {
  before: Draft;
  /** What the draft was begun from. */
  base: Draft;
  draft: Draft;
  /** Whether nothing can be saved yet. */
  waits: boolean;
  filters: readonly IPFilter[];
  onRefused: (fields: Refusal['fields']) => void;
  onLead: () => void;
  onReset: () => void;
  onDone: () => void;
};

/**
 * Before and after: what the edited policies would do to the tokens there are, counted by the
 * server.
 */
export function Impact({ before, base, draft, waits, filters, onRefused, onLead, onReset, onDone }: ImpactProps) {
  const client = useQueryClient();
  const [page, setPage] = useState(1);
  const [asking, setAsking] = useState(false);
  const asked = useRestedDraft(draft);
  const changed = !sameDraft(before, draft);
  const unread = unreadOf(draft);
  const impact = useListQuery({ ...impactQuery(inputOf(asked), (page - 1) * size, size), enabled: changed && unreadOf(asked) === null });
  const refusal = changed ? (unread ?? impact.refusal) : null;
  const saving = useAction(async () => {
    // Read right before: what somebody else has set since is not to be undone unawares.
    const there = await client.fetchQuery({ ...policiesQuery, staleTime: 0 });
    if (there !== null && !sameDraft(draftOf(there), base)) return setAsking(false); // the form says so
    await updatePolicies(inputOf(draft));
    // What holds now is read before the dialog goes, so that the form never shows what held before.
    await Promise.all([client.invalidateQueries({ queryKey: policiesKey }), client.invalidateQueries({ queryKey: tokensKey })]);
    setAsking(false);
    onDone();
    tell({ text: 'The security policies are changed.', link: { to: '/audit-log?action=updateTokenSecurityPolicies', label: 'See what that did' } });
  });
  const fields = refusal?.fields;
  useEffect(() => onRefused(fields ?? nothing), [fields, onRefused]);
  const current = changed && sameDraft(asked, draft) && impact.data !== undefined && !impact.stale;
  useLastPageInstead(impact.data === undefined || impact.stale ? undefined : { shown: impact.data.tokens.length, total: affectedBy(impact.data), size }, setPage);
  const affected = impact.data ? affectedBy(impact.data) : 0;

  if (!changed) {
    return (
      <aside className={styles.impact} aria-label="What the change would do">
        <h2>Before and after</h2>
        <p className={styles.quiet}>Change something, and here stands what it would do to the tokens there are, before it is done.</p>
      </aside>
    );
  }
  const name = (id: string) => filters.find((filter) => filter.id === id)?.name ?? id;
  const changes = allChangesOf(before, draft, name);
  return (
    <aside className={styles.impact} aria-label="What the change would do">
      <h2>Before and after</h2>
      <ul className={styles.changes}>
        {changes.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <RefusalNotice
        refusal={refusal}
        fieldLabels={fieldLabels}
        actions={Object.keys(fields ?? nothing).length > 0 ? <Button onPress={onLead}>Go to the field</Button> : undefined}
      />
      <div role="status">{impact.data && refusal === null && <ImpactCounts impact={impact.data} stale={!current} />}</div>
      {impact.data && refusal === null && <BusiestDays days={impact.data.busiestDays} />}
      <div className={styles.actions}>
        <Button look={impact.data && impact.data.deleted > 0 ? 'dangerFull' : 'primary'} isDisabled={waits || !current || refusal !== null} onPress={() => setAsking(true)}>
          {refusal !== null ? 'Change the policy' : current && impact.data ? actionLabel(impact.data) : 'Counting'}
        </Button>
        <Button onPress={onReset}>Leave as it is</Button>
      </div>
      {impact.data && refusal === null && affected > 0 && (
        <>
          <ImpactTable rows={impact.data.tokens} filterName={draft.system.filterId === null ? null : name(draft.system.filterId)} stale={!current} />
          <Pager page={page} size={size} total={affected} noun="affected tokens" onPage={setPage} />
        </>
      )}
      {asking && impact.data && (
        <SaveDialog impact={impact.data} changes={changes} saving={saving} onConfirm={() => void saving.run()} onClose={() => setAsking(false)} />
      )}
    </aside>
  );
}

const affectedBy = ({ deleted, capped, refiltered }: PolicyImpact) => deleted + capped + refiltered;

/** The draft as it was when the typing rested: every letter of a number need not be counted out. */
function useRestedDraft(draft: Draft): Draft {
  const [rested, setRested] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setRested(draft), 300);
    return () => clearTimeout(timer);
  }, [draft]);
  return rested;
}
