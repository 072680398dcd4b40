import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import styles from './PageHead.module.css';

type PageHeadProps = {
  /** For the window, the history and screen readers. */
  title: string;
  heading?: ReactNode;
  intro?: ReactNode;
  actions?: ReactNode;
  back?: { to: string; label: string };
};

let first = true;

/**
 * The top of a page. After moving from one page to the next the heading takes the focus, so that it
 * is read out.
 */
export function PageHead({ title, heading, intro, actions, back }: PageHeadProps) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · tokenscale`;
  }, [title]);
  useEffect(() => {
    if (!first && !document.activeElement?.closest('main input, [role=dialog]')) ref.current?.focus({ preventScroll: true });
    if (!first) window.scrollTo(0, 0);
    first = false;
  }, []);
  return (
    <div className={styles.head}>
      <div className={styles.words}>
        {back && (
          <Link to={back.to} className={styles.back}>
            ← {back.label}
          </Link>
        )}
        <h1 ref={ref} tabIndex={-1}>
          {heading ?? title}
        </h1>
        {intro !== undefined && <p className={styles.intro}>{intro}</p>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
