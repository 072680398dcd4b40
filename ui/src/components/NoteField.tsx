import { useId } from 'react';
import { classes } from '../lib/classes';
import styles from './Field.module.css';

const most = 500;

type NoteFieldProps = { value: string; onChange: (note: string) => void; error: string | undefined; autoFocus?: boolean; onEscape?: () => void };

/** The note of a token: one line however it is broken, which Enter sends as in any other field. */
export function NoteField({ value, onChange, error, autoFocus, onEscape }: NoteFieldProps) {
  const id = useId();
  const used = [...value.trim()].length;
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        Note
      </label>
      <textarea
        id={id}
        className={classes(styles.input, styles.area)}
        rows={3}
        value={value}
        onChange={(event) => onChange(event.target.value.replace(/[\n\r\t]/g, ' '))}
        onKeyDown={(event) => {
          const { key, shiftKey, currentTarget, nativeEvent } = event;
          if (nativeEvent.isComposing) return; // the key is for the input method
          if (key === 'Escape') onEscape?.();
          if (key !== 'Enter' || shiftKey) return;
          event.preventDefault();
          currentTarget.form?.requestSubmit();
        }}
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={autoFocus}
        autoComplete="off"
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-description ${id}-error`}
      />
      <p id={`${id}-description`} className={styles.description}>
        What it is for, and whom to call: better a team than a person, as it stays in the audit log.{' '}
        <span className={classes(styles.count, used > most && styles.over)}>
          {used} of {most} characters
        </span>
      </p>
      {error !== undefined && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}
