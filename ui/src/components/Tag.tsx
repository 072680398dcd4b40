import type { ReactNode } from 'react';
import { classes } from '../lib/classes';
import styles from './Tag.module.css';

export function Tag({ tone = 'plain', children }: { tone?: 'plain' | 'soon' | 'dead' | 'living'; children: ReactNode }) {
  return <span className={classes(styles.tag, styles[tone])}>{children}</span>;
}
