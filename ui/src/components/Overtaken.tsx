import { useId } from 'react';
import { leadToHeading } from '../lib/useLead';
import { Button } from './Button';
import { Distance } from './Moment';
import { Name } from './Name';
import { Notice } from './Notice';
import styles from './Notice.module.css';

/** Who changed something, and when. */
export type Change = { who: string; at: number };

type OvertakenProps = {
  /** What was changed: "this note". */
  what: string;
  /** Undefined while that is not known. */
  by: Change | undefined;
  /** What they changed and what is changed here, a line each. */
  theirs: readonly string[];
  mine: readonly string[];
  onLoad: () => void;
  onKeep: () => void;
};

/**
 * Says that what a form changes has been changed by somebody else since it was opened, shows both,
 * and asks which shall hold.
 */
export function Overtaken({ what, by, theirs, mine, onLoad, onKeep }: OvertakenProps) {
  const choose = (chosen: () => void) => () => {
    leadToHeading();
    chosen();
  };
  return (
    <Notice
      tone="warn"
      urgent
      title={by === undefined ? `Somebody changed ${what} while it was open here.` : <By what={what} {...by} />}
      actions={
        <>
          <Button onPress={choose(onLoad)}>Load what is there now</Button>
          <Button onPress={choose(onKeep)}>Keep what is here</Button>
        </>
      }
    >
      <Lines title="Changed there" lines={theirs} />
      <Lines title="Changed here" lines={mine} />
      <p>Choose which shall hold. Until then nothing is saved.</p>
    </Notice>
  );
}

// The notice is said when it comes, and not again with every tick of the clock.
function By({ what, who, at }: Change & { what: string }) {
  return (
    <>
      <Name name={who} /> changed {what}{' '}
      <span aria-live="off">
        <Distance at={at} past />
      </span>
      , while it was open here.
    </>
  );
}

const shown = 6;

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  const id = useId();
  return (
    <>
      <p id={id}>{title}:</p>
      <ul className={styles.list} aria-labelledby={id}>
        {lines.slice(0, shown).map((line) => (
          <li key={line}>
            <Name name={line} />
          </li>
        ))}
        {lines.length > shown && <li>and {lines.length - shown} more</li>}
      </ul>
    </>
  );
}
