import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { SystemToken, TokenQuestion } from '../../api/tokens';
import { Button } from '../../components/Button';
import { classes } from '../../lib/classes';
import { keepsFocus } from '../../lib/heldFocus';
import { counted } from '../../lib/time';
import styles from './ChosenBar.module.css';
import { DeleteToken } from './DeleteToken';
import { DeleteTokens } from './DeleteTokens';
import { Download } from './Download';
import { ResetSecret } from './ResetSecret';
import type { Chosen } from './useChosen';

type ChosenBarProps = {
  chosen: Chosen;
  tokens: readonly SystemToken[];
  /** Whether the rows have boxes to tick. */
  choosable: boolean;
  /** What the list asks, for a download of all that it finds. */
  question: TokenQuestion;
  /** How many that finds; undefined while it is not known. */
  total: number | undefined;
};

type Open = { what: 'reset' | 'delete' | 'download'; tokens: readonly SystemToken[] };

/** What can be done with the rows that are ticked, or with all that the list finds. */
export function ChosenBar({ chosen, tokens, choosable, question, total }: ChosenBarProps) {
  // What a dialog is about stays as it was when it was opened.
  const [open, setOpen] = useState<Open | null>(null);
  const ticked = tokens.filter(({ id }) => chosen.ids.has(id));
  const only = ticked.length === 1 ? ticked[0] : undefined;
  const show = (what: Open['what']) => () => setOpen({ what, tokens: ticked });
  const close = () => setOpen(null);
  const [first] = open?.tokens ?? [];
  // A button that is pressed may go by that; the focus then stays in the bar.
  const all = useRef<HTMLButtonElement>(null);
  const none = useRef<HTMLButtonElement>(null);
  const download = useRef<HTMLButtonElement>(null);
  return (
    <div role="group" aria-label="Act on tokens" className={classes(styles.bar, ticked.length > 0 && styles.stands)} {...keepsFocus}>
      <p role="status" className={styles.count}>
        {ticked.length === 0 ? '' : `${counted(ticked.length, 'token')} chosen`}
      </p>
      {ticked.length > 0 && (
        <>
          {only !== undefined && (
            <Button small onPress={show('reset')} isDisabled={only.expired || only.replacedBy != null}>
              Reset secret
            </Button>
          )}
          <Button small look="danger" onPress={show('delete')}>
            Delete {counted(ticked.length, 'token')}
          </Button>
        </>
      )}
      <Button ref={download} small onPress={show('download')} isDisabled={!total}>
        Download {total === undefined ? 'tokens' : counted(ticked.length === 0 ? total : ticked.length, 'token')}
      </Button>
      {ticked.length > 0 && (
        <Button
          ref={none}
          small
          look="quiet"
          onPress={() => {
            flushSync(chosen.clear);
            download.current?.focus();
            all.current?.focus(); // it is not there beside a table with a head
          }}
        >
          Choose none
        </Button>
      )}
      {choosable && ticked.length < tokens.length && (
        <span className={styles.narrow}>
          <Button
            ref={all}
            small
            look="quiet"
            onPress={() => {
              flushSync(() => chosen.setAll(true));
              none.current?.focus();
            }}
          >
            Choose all on this page
          </Button>
        </span>
      )}
      {open?.what === 'reset' && first && <ResetSecret token={first} stay onClose={close} />}
      {open?.what === 'delete' && open.tokens.length === 1 && first && <DeleteToken token={first} stay onClose={close} />}
      {open?.what === 'delete' && open.tokens.length > 1 && <DeleteTokens tokens={open.tokens} onClose={close} />}
      {open?.what === 'download' && <Download tokens={open.tokens} question={question} total={total ?? 0} onClose={close} />}
    </div>
  );
}
