import type { ReactNode } from 'react';
import { useHeldFocus } from '../lib/heldFocus';
import { Band } from './Band';
import { Navigation } from './Navigation';
import { PaperFoot } from './PaperFoot';
import { useSession } from './session';
import { SessionEnding } from './SessionEnding';
import { Told } from './Told';
import { Tools } from './Tools';
import styles from './Shell.module.css';

/** The frame of every page: the band, the list of what can be administered, and the page itself. */
export function Shell({ children }: { children: ReactNode }) {
  const { viewer } = useSession();
  useHeldFocus();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Band>
        <Tools />
      </Band>
      <div className={styles.body}>
        <Navigation viewer={viewer} />
        <main id="main" className={styles.main} tabIndex={-1}>
          <SessionEnding />
          {children}
          <Told />
          <PaperFoot />
        </main>
      </div>
    </>
  );
}
