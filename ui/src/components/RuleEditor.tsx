import { type ClipboardEvent, type UIEvent, useId, useMemo, useState } from 'react';
import { classes } from '../lib/classes';
import { impliedRule, linesOf, longestOf } from '../lib/rules';
import field from './Field.module.css';
import styles from './RuleEditor.module.css';

export type RuleMarks = {
  /** The line that decided, the unwritten last one, or none because nothing was asked. */
  deciding?: number | 'implied' | null;
  /** What was decided; it colours the deciding line. */
  allowed?: boolean;
  unreachable?: ReadonlySet<number>;
  /** What is wrong, by the number of the line. */
  wrong?: ReadonlyMap<number, string>;
};

const noMarks: RuleMarks = {};

// Of a long text only the lines around what is seen are drawn, in steps of so many: no more than a
// window shows.
const step = 50;

type RuleEditorProps = { label: string; value: string; onChange?: (value: string) => void; marks?: RuleMarks; error?: string | undefined; description?: string };

/**
 * Rules with their line numbers. Without onChange they are only shown: then no empty line is
 * counted behind the last newline, and long lines are wrapped, unless there are so many that not
 * all are drawn.
 */
export function RuleEditor({ label, value: text, onChange, marks = noMarks, error, description }: RuleEditorProps) {
  const value = onChange === undefined ? text.replace(/\n$/, '') : text;
  const id = useId();
  const [at, setAt] = useState(0);
  const lines = useMemo(() => linesOf(value), [value]);
  const longest = useMemo(() => longestOf(lines), [lines]);
  const implied = useMemo(() => impliedRule(value), [value]);
  const first = Math.max(0, Math.min(at - 1, Math.ceil(lines.length / step) - 3)) * step;
  const wraps = onChange === undefined && lines.length <= 4 * step;
  const drawn = lines.slice(first, first + 4 * step);
  const described = [description !== undefined && `${id}-description`, error !== undefined && `${id}-error`].filter(Boolean).join(' ');
  const seen = ({ currentTarget: frame }: UIEvent<HTMLElement>) => setAt(Math.floor((frame.scrollTop / frame.scrollHeight) * (lines.length + 1) / step));
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
      <div className={styles.frame} onScroll={seen}>
        <div className={classes(styles.sheet, wraps && styles.wraps)}>
          <div className={styles.lines} aria-hidden="true">
            <Undrawn lines={first} />
            {drawn.map((text, index) => (
              <Line key={first + index} number={first + index + 1} text={text} marks={marks} />
            ))}
            <Undrawn lines={lines.length - first - drawn.length} />
            <div className={classes(styles.line, styles.implied, marks.deciding === 'implied' && decided(marks))}>
              <span className={styles.number}>·</span>
              <span className={styles.text}>{implied}</span>
              <span className={styles.note}>what holds when no line matches</span>
            </div>
            <div className={classes(styles.line, styles.widest)}>
              <span className={styles.number} />
              <span className={styles.text}>{longest}</span>
            </div>
          </div>
          <textarea
            id={id}
            className={styles.input}
            value={value}
            readOnly={onChange === undefined}
            onChange={(event) => onChange?.(event.target.value)}
            onPaste={(event) => onChange && pasteLong(event, onChange)}
            rows={lines.length + 1}
            wrap={wraps ? 'soft' : 'off'}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            aria-invalid={error !== undefined}
            aria-describedby={described || undefined}
          />
        </div>
      </div>
      {error !== undefined && (
        <p id={`${id}-error`} className={classes(field.error, styles.sentences)}>
          {error.replace(/^line /gm, 'Line ')}
        </p>
      )}
    </div>
  );
}

/**
 * Puts in a long text that is pasted. Browsers put it in line by line as if it were typed, which
 * takes Chromium a minute for ten thousand lines; what is lost is that one step of undoing.
 */
function pasteLong(event: ClipboardEvent<HTMLTextAreaElement>, onChange: (value: string) => void) {
  const text = event.clipboardData.getData('text/plain');
  const field = event.currentTarget;
  if (text.length < longPaste) return;
  event.preventDefault();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
  onChange(field.value);
}

const longPaste = 10_000;

/** The room of lines that are not drawn: each is as high as in the style sheet. */
const Undrawn = ({ lines }: { lines: number }) => <div style={{ height: `${lines * 1.6}em` }} />;

const decided = (marks: RuleMarks) => classes(styles.deciding, marks.allowed === true && styles.allows, marks.allowed === false && styles.denies);

function Line({ number, text, marks }: { number: number; text: string; marks: RuleMarks }) {
  const wrong = marks.wrong?.get(number);
  return (
    <div
      className={classes(
        styles.line,
        marks.deciding === number && decided(marks),
        marks.unreachable?.has(number) && styles.unreachable,
        text.trimStart().startsWith('#') && styles.comment,
        wrong !== undefined && styles.wrong,
      )}
    >
      <span className={styles.number}>{number}</span>
      <span className={styles.text}>{text}</span>
      {wrong !== undefined && <span className={styles.note}>{wrong}</span>}
    </div>
  );
}
