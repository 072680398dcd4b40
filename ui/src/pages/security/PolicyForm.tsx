import { useRef, useState } from 'react';
import type { IPFilter } from '../../api/filters';
import { Button } from '../../components/Button';
import { Notice } from '../../components/Notice';
import { Restored } from '../../components/Restored';
import { useDraft } from '../../lib/drafts';
import { type Draft, errorsOf, type Kind, sameDraft } from './draft';
import { Impact } from './Impact';
import { forget } from '../../lib/told';
import { leadToField, leadToHeading } from '../../lib/useLead';
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
  const [base, setBase] = useState(now);
  const { value: draft, set: setDraft, restored, drop } = useDraft('/security-policies', now);
  const form = useRef<HTMLDivElement>(null);
  // What the server says of single fields, as it counts what they would do.
  const [refused, setRefused] = useState<Readonly<Record<string, string>>>(nothing);
  const [loads, setLoads] = useState(0);
  const load = () => {
    setBase(now);
    setDraft(now);
    setLoads(loads + 1);
  };
  const anew = () => {
    leadToHeading();
    load();
  };
  const change = (kind: Kind) => (value: Draft[Kind]) => {
    forget();
    setDraft({ ...draft, [kind]: value });
  };
  // Somebody else's change is taken over quietly while nothing is edited here, and told otherwise.
  if (!sameDraft(base, now) && sameDraft(base, draft)) load();
  const overtaken = !sameDraft(base, now) && !sameDraft(draft, now);

  return (
    <div className={styles.layout}>
      <div className={styles.form} key={loads} ref={form}>
        {restored && !overtaken && <Restored onAnew={load} />}
        {overtaken && (
          <Notice tone="warn" urgent title="Somebody changed the policies while you were editing." actions={<Button onPress={anew}>Load what holds now</Button>}>
            <p>What is shown beside counts from what holds now.</p>
          </Notice>
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
        draft={draft}
        filters={filters}
        onRefused={setRefused}
        onLead={() => form.current && leadToField(form.current)}
        onReset={load}
        onDone={() => {
          drop();
          setBase(draft);
        }}
      />
    </div>
  );
}
