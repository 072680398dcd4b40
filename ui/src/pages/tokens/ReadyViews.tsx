import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { countsQuery } from '../../api/tokens';
import { useLifeScale } from '../../components/LifeLegend';
import { lifeScaleName } from '../../lib/life';
import { counted, number } from '../../lib/time';
import styles from './ReadyViews.module.css';
import type { Selection } from './selection';
import { isShown, linkOf, viewSpans, views } from './views';

/** The questions that are asked most, each with its answer's length. */
export function ReadyViews({ selection }: { selection: Selection }) {
  const counts = useQuery({ ...countsQuery(viewSpans), refetchInterval: 60_000 }).data;
  const [scale] = useLifeScale();
  return (
    <nav aria-label="Ready views">
      <ul className={styles.views}>
        {views.map((view) => {
          const n = counts?.[view.count].totalResults;
          return (
            <li key={view.count}>
              <Link to={linkOf(view, lifeScaleName(scale))} className={styles.view} aria-current={isShown(view, selection) ? 'page' : undefined}>
                <span>{view.label}</span>{' '}
                <span className={styles.count} aria-label={n === undefined ? undefined : counted(n, 'token')} role={n === undefined ? undefined : 'img'}>
                  {n === undefined ? '' : number(n)}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
