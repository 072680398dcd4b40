import { useQueryClient } from '@tanstack/react-query';
import type { Refusal } from '../lib/refusal';
import { Button } from '../components/Button';
import { Notice, RefusalNotice } from '../components/Notice';
import styles from './Starting.module.css';

/**
 * The page cannot even learn who asks. It keeps trying by itself when the server does not answer.
 */
export function Broken({ refusal }: { refusal: Refusal }) {
  const client = useQueryClient();
  const again = <Button onPress={() => void client.invalidateQueries()}>Try again</Button>;
  return (
    <main className={styles.broken}>
      <h1>tokenscale</h1>
      {refusal.kind === 'unreachable' ? (
        <Notice tone="danger" urgent title={refusal.message} actions={again}>
          <p>The page goes on by itself as soon as the server is back.</p>
        </Notice>
      ) : (
        <RefusalNotice refusal={refusal} actions={again} />
      )}
    </main>
  );
}
