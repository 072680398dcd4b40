import { Link, useLocation } from 'wouter';
import { mayAdministerTokens, mayReadRules, type Viewer } from '../api/viewer';
import { home } from '../lib/home';
import styles from './Shell.module.css';

const explorer = '/docs/api-explorer';

/** What this identity can administer, and the explorer, which is there for everyone. */
export function Navigation({ viewer }: { viewer: Viewer | null }) {
  const [path] = useLocation();
  const rules = viewer !== null && mayReadRules(viewer);
  const entries = [
    { to: '/tokens', label: 'System tokens', shown: viewer !== null && mayAdministerTokens(viewer) },
    { to: '/ip-filters', label: 'IP filters', shown: rules },
    { to: '/security-policies', label: 'Security policies', shown: rules },
    { to: '/audit-log', label: 'Audit log', shown: rules },
  ];
  const current = (to: string) => (path === to || path.startsWith(`${to}/`) ? 'page' : undefined);
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
                <Link to={to} className={styles.navLink} aria-current={current(to)}>
                  {label}
                </Link>
              </li>
            ))}
          {/* Documents of their own, under policies of their own: no routes of this page. */}
          <li>
            <a href={home + explorer} className={styles.navLink} aria-current={current(explorer)}>
              API explorer
            </a>
          </li>
          <li>
            <a href={`${home}/docs/`} className={styles.navLink}>
              Manual
            </a>
          </li>
        </ul>
      </div>
    </nav>
  );
}
