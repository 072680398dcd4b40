import { useState } from 'react';
import { number } from '../lib/time';
import { Button } from './Button';
import styles from './Pager.module.css';

type PagerProps = {
  page: number;
  size: number;
  /** Undefined while it is not known. */
  total: number | undefined;
  noun: string;
  onPage: (page: number) => void;
  /**
   * What the answer itself says of a page that was reached by a cursor: how many it holds, and
   * whether more follow. Since the walk began the list may have grown or shrunk before it.
   */
  walked?: { shown: number; more: boolean } | undefined;
};

/** Where in a list the reader is, and a way to any page of it: also when there are a thousand. */
export function Pager({ page, size, total, noun, onPage, walked }: PagerProps) {
  const { from, to, last, more } = stretchOf(page, size, total ?? 0, walked);
  return (
    <nav className={styles.pager} aria-label={`Pages of ${noun}`}>
      <p role="status">
        {total !== undefined && (total === 0 ? `No ${noun}` : `${number(from)}–${number(to)} of ${number(total)}`)}
      </p>
      {last > 1 && (
        <div className={styles.steps}>
          <Button small onPress={() => onPage(1)} isDisabled={page <= 1}>
            First
          </Button>
          <Button small onPress={() => onPage(page - 1)} isDisabled={page <= 1}>
            Previous
          </Button>
          <PageNumber key={page} page={page} last={last} onPage={onPage} />
          <Button small onPress={() => onPage(page + 1)} isDisabled={!more}>
            Next
          </Button>
          <Button small onPress={() => onPage(last)} isDisabled={!more}>
            Last
          </Button>
        </div>
      )}
    </nav>
  );
}

type Stretch = { from: number; to: number; last: number; more: boolean };

/** Where a page lies in its list. */
export function stretchOf(page: number, size: number, total: number, walked: PagerProps['walked']): Stretch {
  const last = Math.max(1, Math.ceil(total / size));
  const from = Math.min(total, (page - 1) * size + 1);
  if (walked === undefined) return { from, to: Math.min(total, page * size), last, more: page < last };
  const to = walked.more ? Math.min(total, from + walked.shown - 1) : total;
  return { from: Math.max(1, to - walked.shown + 1), to, last: Math.max(last, walked.more ? page + 1 : page), more: walked.more };
}

function PageNumber({ page, last, onPage }: { page: number; last: number; onPage: (page: number) => void }) {
  const [typed, setTyped] = useState(String(page));
  const go = () => {
    const wanted = Math.min(last, Math.max(1, Math.trunc(Number(typed)) || page));
    if (wanted === page) setTyped(String(page));
    else onPage(wanted);
  };
  return (
    <label>
      Page{' '}
      <input
        className={styles.page}
        inputMode="numeric"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={go}
        onKeyDown={(event) => event.key === 'Enter' && go()}
      />{' '}
      of {number(last)}
    </label>
  );
}
