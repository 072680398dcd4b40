import { useRef, useState } from 'react';
import { useLastChange } from '../../api/audit';
import type { IPFilter } from '../../api/filters';
import { Overtaken } from '../../components/Overtaken';
import { Restored } from '../../components/Restored';
import { useDraft } from '../../lib/drafts';
import { allChangesOf, type Draft, errorsOf, type Kind } from './draft';
import { Impact } from './Impact';
import { forget } from '../../lib/told';
import { leadToField } from '../../lib/useLead';
import { KindFields } from './KindFields';
import styles from './Security.module.css';

const stored: readonly { kind: Kind; title: string; noun: string }[] = [
  { kind: 'organization', title: 'Organization tokens', noun: 'organization' },
  { kind: 'view', title: 'Repository and view tokens', noun: 'repository and view' },
  { kind: 'personal', title: 'Personal tokens', noun: 'personal' },
];

const nothing = {};

/** Edits the policies, and shows beside them what the edit would do. */
export function PolicyForm({ now, filters }: { now: Draft; filters: readonly IPFilter[] }) {
  const { value: draft, set: setDraft, base, since, restored, overtaken, load, keep, loads, settle, drop } = useDraft('/security-policies', now);
  const form = useRef<HTMLDivElement>(null);
  // What the server says of single fields, as it counts what they would do.
  const [refused, setRefused] = useState<Readonly<Record<string, string>>>(nothing);
  const change = (kind: Kind) => (value: Draft[Kind]) => {
    forget();
    setDraft({ ...draft, [kind]: value });
  };
  const by = useLastChange(overtaken ? { action: 'updateTokenSecurityPolicies', since } : null);
  const name = (id: string) => filters.find((filter) => filter.id === id)?.name ?? id;

  return (
    <div className={styles.layout}>
      <div className={styles.form} key={loads} ref={form}>
        {restored && !overtaken && <Restored onAnew={load} />}
        {overtaken && (
          <Overtaken what="the policies" by={by} theirs={allChangesOf(base, now, name)} mine={allChangesOf(base, draft, name)} onLoad={load} onKeep={keep} />
        )}
        <section className={styles.kind} aria-labelledby="system-kind">
          <h2 id="system-kind">System tokens</h2>
          <KindFields noun="system" binding value={draft.system} onChange={change('system')} filters={filters} errors={errorsOf('system', refused)} />
        </section>
        {stored.map(({ kind, title, noun }) => (
          <details key={kind} className={styles.stored}>
            <summary>
              {title} <span className={styles.quiet}>stored only</span>
            </summary>
            <p className={styles.quiet}>No tokens of this kind live on this server. What is set here is kept for clients that read it, and binds nothing.</p>
            <KindFields noun={noun} binding={false} value={draft[kind]} onChange={change(kind)} filters={filters} errors={errorsOf(kind, refused)} />
          </details>
        ))}
      </div>
      <Impact
        before={now}
        base={base}
        draft={draft}
        waits={overtaken}
        filters={filters}
        onRefused={setRefused}
        onLead={() => form.current && leadToField(form.current)}
        onReset={load}
        onDone={() => {
          settle(draft);
          drop();
        }}
      />
    </div>
  );
}
