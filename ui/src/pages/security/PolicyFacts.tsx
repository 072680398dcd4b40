import type { IPFilter } from '../../api/filters';
import { needs, Takes } from '../../components/MayNot';
import { Name } from '../../components/Name';
import { span } from '../../lib/time';
import type { Draft } from './draft';
import styles from './Security.module.css';

/** The policies for those who may read them but not change them. */
export function PolicyFacts({ now, filters }: { now: Draft; filters: readonly IPFilter[] }) {
  const { system } = now;
  const filter = filters.find((one) => one.id === system.filterId);
  return (
    <>
      <Takes what="change them" needed={needs.manages} />
      <section className={styles.kind}>
        <h2>System tokens</h2>
        <dl className={styles.facts}>
          <dt>Allow system tokens</dt>
          <dd>{system.enabled ? 'Yes' : 'No'}</dd>
          <dt>Allow updating permissions for existing tokens</dt>
          <dd>{system.updates ? 'Yes' : 'No'}</dd>
          <dt>Token expiration</dt>
          <dd>{system.maximumMs == null ? 'No maximum' : `At most ${span(system.maximumMs)}`}</dd>
          <dt>Enforce IP filter</dt>
          <dd>{system.filterId === null ? 'None' : <Name name={filter?.name ?? system.filterId} />}</dd>
        </dl>
      </section>
    </>
  );
}
