import { Ruler } from './Ruler';
import shell from './Shell.module.css';
import styles from './Starting.module.css';

/**
 * What stands there until it is known who asks: the frame at once, a word only when that takes
 * long.
 */
export function Starting() {
  return (
    <>
      <header className={shell.header}>
        <div className={shell.bar}>
          <span className={shell.word}>tokenscale</span>
        </div>
        <Ruler thin />
      </header>
      <main className={styles.starting} aria-busy="true">
        <p>Reading from the server</p>
      </main>
    </>
  );
}
