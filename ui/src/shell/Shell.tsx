import { type ReactNode, useState } from 'react';
import { Band } from './Band';
import { CommandBar } from './CommandBar';
import { Navigation } from './Navigation';
import { Profile } from './Profile';
import { useSession } from './session';
import { SessionEnding } from './SessionEnding';
import { Shortcuts } from './Shortcuts';
import { Told } from './Told';
import styles from './Shell.module.css';

/** The frame of every page: the band, the list of what can be administered, and the page itself. */
export function Shell({ children }: { children: ReactNode }) {
  const { viewer } = useSession();
  const [commanding, setCommanding] = useState(false);
  const [learning, setLearning] = useState(false);
  const learn = () => setLearning(true);
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <Band>
        <CommandBar open={commanding} onOpenChange={setCommanding} onShortcuts={learn} />
        <Profile onShortcuts={learn} />
      </Band>
      <Shortcuts open={learning} onOpenChange={setLearning} />
      <div className={styles.body}>
        <Navigation viewer={viewer} />
        <main id="main" className={styles.main} tabIndex={-1}>
          <SessionEnding />
          {children}
          <Told />
        </main>
      </div>
    </>
  );
}
