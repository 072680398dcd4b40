import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { mayAdministerTokens, mayReadRules } from '../api/viewer';
import { home } from '../lib/home';
import { CommandBar } from './CommandBar';
import { Profile } from './Profile';
import { Ruler } from './Ruler';
import { useSession } from './session';
import { SessionEnding } from './SessionEnding';
import { Told } from './Told';
import styles from './Shell.module.css';
import { useConnection } from './useConnection';

const notices = {
  unreachable: ['The server does not answer.', 'What you see may be old. The page goes on by itself; nothing you entered is lost.'],
  down: ['The server reports a fault.', 'Tokens are verified, but changes may be refused. Its log and its health check say why.'],
};

/** The frame of every page: the band, the list of what can be administered, and the page itself. */
export function Shell({ children }: { children: ReactNode }) {
  const condition = useConnection();
  const [commanding, setCommanding] = useState(false);
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link to="/" className={styles.word}>
            tokenscale
          </Link>
          <CommandBar open={commanding} onOpenChange={setCommanding} />
          <Profile />
        </div>
        <Ruler thin />
        <div role="status">
          {condition !== 'well' && (
            <p className={styles.notice}>
              {notices[condition].map((sentence) => (
                <span key={sentence}>{sentence}</span>
              ))}
            </p>
          )}
        </div>
      </header>
      <div className={styles.body}>
        <Navigation />
        <main id="main" className={styles.main} tabIndex={-1}>
          <SessionEnding />
          {children}
          <Told />
        </main>
      </div>
    </>
  );
}

function Navigation() {
  const { viewer } = useSession();
  const [path] = useLocation();
  const rules = mayReadRules(viewer);
  const entries = [
    { to: '/tokens', label: 'System tokens', shown: mayAdministerTokens(viewer) },
    { to: '/ip-filters', label: 'IP filters', shown: rules },
    { to: '/security-policies', label: 'Security policies', shown: rules },
    { to: '/audit-log', label: 'Audit log', shown: rules },
  ];
  return (
    <nav className={styles.nav} aria-labelledby="nav-title">
      <div className={styles.navInner}>
        <p id="nav-title" className={styles.navTitle}>
          Cluster administration
        </p>
        <ul className={styles.navList}>
          {entries
            .filter((entry) => entry.shown)
            .map(({ to, label }) => (
              <li key={to}>
                <Link to={to} className={styles.navLink} aria-current={path === to || path.startsWith(`${to}/`) ? 'page' : undefined}>
                  {label}
                </Link>
              </li>
            ))}
          <li>
            {/* A document of its own, under a policy of its own: no route of this page. */}
            <a href={`${home}/docs/api-explorer`} className={styles.navLink}>
              API explorer
            </a>
          </li>
        </ul>
      </div>
    </nav>
  );
}
