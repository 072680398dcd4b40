import { Name } from '../../components/Name';
import { Secondary } from '../../components/Table';
import styles from './RowNote.module.css';

/** A note in a row of a list: as much as one line takes, and all of it to the mouse. */
export function RowNote({ note }: { note: string | null | undefined }) {
  if (note == null) return null;
  return (
    <Secondary>
      <span className={styles.note} title={note}>
        <Name name={note} />
      </span>
    </Secondary>
  );
}
