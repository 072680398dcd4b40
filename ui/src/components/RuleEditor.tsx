import { useId } from 'react';
import { classes } from '../lib/classes';
import { impliedRule, linesOf } from '../lib/rules';
import field from './Field.module.css';
import styles from './RuleEditor.module.css';

export type RuleMarks = {
  /** The line that decided, the unwritten last one, or none because nothing was asked. */
  deciding?: number | 'implied' | null;
  /** What was decided; it colours the deciding line. */
  allowed?: boolean;
  unreachable?: readonly number[];
  wrong?: { line: number; sentence: string } | null;
};

const noMarks: RuleMarks = {};

type RuleEditorProps = { label: string; value: string; onChange?: (value: string) => void; marks?: RuleMarks; error?: string | undefined; description?: string };

/** Rules with their line numbers. Without onChange they are only shown. */
export function RuleEditor({ label, value, onChange, marks = noMarks, error, description }: RuleEditorProps) {
  const id = useId();
  const lines = linesOf(value);
  const described = [description !== undefined && `${id}-description`, error !== undefined && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={field.label}>
        {label}
      </label>
      {description !== undefined && (
        <p id={`${id}-description`} className={field.description}>
          {description}
        </p>
      )}
      <div className={styles.frame}>
        <div className={styles.sheet}>
          <div className={styles.lines} aria-hidden="true">
            {lines.map((text, index) => (
              <Line key={index} number={index + 1} text={text} marks={marks} />
            ))}
            <div className={classes(styles.line, styles.implied, marks.deciding === 'implied' && decided(marks))}>
              <span className={styles.number}>·</span>
              <span className={styles.text}>{impliedRule(value)}</span>
              <span className={styles.note}>what holds when no line matches</span>
            </div>
          </div>
          <textarea
            id={id}
            className={styles.input}
            value={value}
            readOnly={onChange === undefined}
            onChange={(event) => onChange?.(event.target.value)}
            rows={lines.length + 1}
            wrap="off"
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            aria-invalid={error !== undefined}
            aria-describedby={described || undefined}
          />
        </div>
      </div>
      {error !== undefined && (
        <p id={`${id}-error`} className={field.error}>
          {error}
        </p>
      )}
    </div>
  );
}

const decided = (marks: RuleMarks) => classes(styles.deciding, marks.allowed === true && styles.allows, marks.allowed === false && styles.denies);

function Line({ number, text, marks }: { number: number; text: string; marks: RuleMarks }) {
  const wrong = marks.wrong?.line === number;
  return (
    <div
      className={classes(
        styles.line,
        marks.deciding === number && decided(marks),
        marks.unreachable?.includes(number) && styles.unreachable,
        text.trimStart().startsWith('#') && styles.comment,
        wrong && styles.wrong,
      )}
    >
      <span className={styles.number}>{number}</span>
      <span className={styles.text}>{text}</span>
      {wrong && <span className={styles.note}>{marks.wrong?.sentence}</span>}
    </div>
  );
}
