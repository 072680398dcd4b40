import styles from './Starting.module.css';

/** What stands there until it is known who asks. It says something only when that takes long. */
export function Starting() {
  return (
    <main className={styles.starting} aria-busy="true">
      <p>Reading from the server</p>
    </main>
  );
}
