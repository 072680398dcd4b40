import { useEffect, useRef } from 'react';
import { exact } from '../lib/time';
import styles from './Shell.module.css';

/** What a printed page must say of itself: where it is from, and when. */
export function PaperFoot() {
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const write = () => {
      if (line.current) line.current.textContent = `${window.location.href} · printed ${exact(Date.now())}`;
    };
    window.addEventListener('beforeprint', write);
    return () => window.removeEventListener('beforeprint', write);
  }, []);
  return <p ref={line} className={styles.paper} />;
}
