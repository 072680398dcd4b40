import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { Button } from '../src/components/Button';
import { Examples } from './Examples';
import styles from './Explorer.module.css';
import { stopAsking } from './fetcher';
import { useReady } from './useReady';
import type { Unstored } from './useUnstored';

/** What is done with the query: run it, choose another, set it in order. */
export function Toolbar({ unstored, onOpen }: { unstored: Unstored; onOpen: () => void }) {
  const { prettifyEditors, run } = useGraphiQLActions();
  const operations = useGraphiQL((state) => state.operations) ?? [];
  const chosen = useGraphiQL((state) => state.operationName);
  const running = useGraphiQL((state) => state.isFetching);
  const active = useGraphiQL((state) => state.activeTabIndex);
  const ready = useReady();
  const operation = operations.find(({ name }) => name?.value === chosen) ?? operations[0];
  return (
    <div className={styles.toolbar}>
      <Button
        id="run"
        look="primary"
        isDisabled={!ready}
        isPending={running}
        pendingLabel="Running"
        onPress={() => unstored.unlessLost(active, () => void run())}
      >
        {operation?.operation === 'mutation' ? 'Run mutation' : 'Run query'}
      </Button>
      {running && <Button onPress={stopAsking}>Stop</Button>}
      {operations.length > 1 && (
        <OperationChoice names={operations.flatMap(({ name }) => name?.value ?? [])} chosen={operation?.name?.value ?? ''} />
      )}
      {/* What is answered belongs beside its question, so no other is opened meanwhile. */}
      <Examples isDisabled={!ready || running} beside={unstored.inTab(active)} onOpen={onOpen} />
      <Button aria-label="Tidy up what is typed" isDisabled={!ready} onPress={() => void prettifyEditors()}>
        Tidy up
      </Button>
    </div>
  );
}

function OperationChoice({ names, chosen }: { names: readonly string[]; chosen: string }) {
  const { setOperationName } = useGraphiQLActions();
  return (
    <select aria-label="Operation to run" className={styles.choice} value={chosen} onChange={(event) => setOperationName(event.target.value)}>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
