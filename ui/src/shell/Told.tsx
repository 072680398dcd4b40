import { useEffect } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../components/Button';
import { forget, useTold } from '../lib/told';
import styles from './Told.module.css';

/**
 * What was just done, said quietly: it takes no focus. At the end of what is
 * seen, it covers a line of a long page there; what has the focus is scrolled to above it.
 */
export function Told() {
  const told = useTold();
  useLocation(); // so that it is asked again where one is
  const elsewhere = told !== null && told.at !== window.location.pathname;
  useEffect(() => {
    if (elsewhere) forget();
  }, [elsewhere]);
  return (
    <div role="status" className={styles.region}>
      {told !== null && !elsewhere && (
        <p className={styles.told}>
          <span>{told.text}</span>
          {told.link && (
            <Link to={told.link.to} className={styles.next}>
              {told.link.label}
            </Link>
          )}
          <Button small look="quiet" onPress={forget} aria-label="Close this message">
            ✕
          </Button>
        </p>
      )}
    </div>
  );
}
