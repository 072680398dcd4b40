import { useEffect, useRef, useState } from 'react';
import { Label } from 'react-aria-components/Label';
import { RadioGroup } from 'react-aria-components/RadioGroup';
import { type SystemToken, type TokenQuestion, type TokenWalk, walkTokens } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Radio } from '../../components/Checkbox';
import { Dialog, DialogActions } from '../../components/Dialog';
import field from '../../components/Field.module.css';
import { Notice, RefusalNotice } from '../../components/Notice';
import type { Refusal } from '../../lib/refusal';
import { openFile, type Sink, unwritten } from '../../lib/saving';
import { counted, number } from '../../lib/time';
import { tell } from '../../lib/told';
import { asRefusal, useAction } from '../../lib/useAction';
import styles from './ChosenBar.module.css';
import { type Form, forms, headOf, writeAll, written } from './download';

type DownloadProps = {
  /** Those that are ticked; all that the question finds if none is. */
  tokens: readonly SystemToken[];
  question: TokenQuestion;
  total: number;
  onClose: () => void;
};

/** A download under way: where it goes, and how far the list was walked. */
type Run = { sink: Sink; walk: TokenWalk; stop: AbortController };

/** Writes tokens to a file: however many there are, page by page, and stopped at any time. */
export function Download({ tokens, question, total, onClose }: DownloadProps) {
  const [form, setForm] = useState<Form>('csv');
  const [met, setMet] = useState(0);
  const run = useRef<Run | null>(null);
  const few = tokens.length > 0;
  const expected = few ? tokens.length : total;

  const begin = async () => {
    if (run.current === null) {
      const sink = await openFile(`system-tokens.${form}`, forms[form].type);
      if (sink === null) return;
      run.current = { sink, walk: walkTokens(question), stop: new AbortController() };
      await sink.write(headOf(form));
    }
    const { sink, walk, stop } = run.current;
    if (few) await sink.write(written(form, tokens));
    else await writeAll(walk, form, sink, setMet, stop.signal);
    await sink.close();
    run.current = null;
    tell({ text: `${counted(few ? tokens.length : walk.met, 'token')} downloaded.` });
    onClose();
  };
  const saving = useAction(() =>
    begin().catch((error: unknown) => {
      if (asRefusal(error).code === unwritten) {
        giveUp(run.current);
        run.current = null;
        setMet(0);
      }
      throw error;
    }),
  );
  const leave = () => {
    giveUp(run.current);
    run.current = null;
    onClose();
  };
  useEffect(() => () => giveUp(run.current), []);

  const begun = met > 0 || saving.pending;
  return (
    <Dialog title={`Download ${counted(expected, 'token')}`} onClose={leave}>
      <RadioGroup value={form} onChange={(value) => setForm(value as Form)} isDisabled={begun}>
        <Label className={field.label}>As</Label>
        {Object.entries(forms).map(([name, { label }]) => (
          <Radio key={name} value={name}>
            {label}
          </Radio>
        ))}
      </RadioGroup>
      {few ? <p>Those that are chosen.</p> : <p>All that the list finds with its search and filters, by name. No token string is in it.</p>}
      {begun && !few && (
        <div role="status">
          <progress className={styles.progress} max={Math.max(expected, met, 1)} value={met} aria-label="Tokens downloaded" />
          <p className={styles.quiet}>
            {number(met)} of {number(expected)}
          </p>
        </div>
      )}
      <Interrupted refusal={saving.refusal} begun={met > 0} />
      <DialogActions>
        <Button onPress={leave}>{begun ? 'Stop' : 'Not now'}</Button>
        <Button look="primary" isPending={saving.pending} pendingLabel="Downloading" onPress={() => void saving.run()}>
          {met > 0 ? 'Go on' : 'Download'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const interruptions: Readonly<Record<string, string>> = { unreachable: 'The server does not answer.', 'signed-out': 'The session has ended meanwhile.' };

/** Why nothing more comes, and that what has come is not lost by that. */
function Interrupted({ refusal, begun }: { refusal: Refusal | null; begun: boolean }) {
  const title = refusal === null ? undefined : interruptions[refusal.kind];
  if (title === undefined) return <RefusalNotice refusal={refusal} />;
  return (
    <Notice tone="warn" urgent title={title}>
      <p>{begun ? 'What has come so far is kept. Go on, and the rest follows it.' : 'Nothing has come yet.'}</p>
    </Notice>
  );
}

function giveUp(run: Run | null): void {
  run?.stop.abort();
  void run?.sink.abort();
}
