import { useState } from 'react';
import { number } from '../lib/time';
import { Button } from './Button';
import styles from './Pager.module.css';

type PagerProps = { page: number; size: number; total: number; noun: string; onPage: (page: number) => void };

/** Where in a list the reader is, and a way to any page of it: also when there are a thousand. */
export function Pager({ page, size, total, noun, onPage }: PagerProps) {
  const last = Math.max(1, Math.ceil(total / size));
  const from = Math.min(total, (page - 1) * size + 1);
  const to = Math.min(total, page * size);
  return (
    <nav className={styles.pager} aria-label={`Pages of ${noun}`}>
      <p role="status">
        {total === 0 ? `No ${noun}` : `${number(from)}–${number(to)} of ${number(total)}`}
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
          <Button small onPress={() => onPage(page + 1)} isDisabled={page >= last}>
            Next
          </Button>
          <Button small onPress={() => onPage(last)} isDisabled={page >= last}>
            Last
          </Button>
        </div>
      )}
    </nav>
  );
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
