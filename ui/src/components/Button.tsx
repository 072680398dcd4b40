import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaProps } from 'react-aria-components/Button';
import { Link } from 'wouter';
import { classes } from '../lib/classes';
import styles from './Button.module.css';

type Look = 'plain' | 'primary' | 'danger' | 'dangerFull' | 'quiet';

type ButtonProps = Omit<AriaProps, 'className' | 'style' | 'children'> & {
  look?: Look;
  small?: boolean;
  children: ReactNode;
  /** Said instead of the label while it works. */
  pendingLabel?: string;
};

export function Button({ look = 'plain', small = false, pendingLabel, children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={lookOf(look, small)}>
      {rest.isPending && pendingLabel !== undefined ? pendingLabel : children}
    </AriaButton>
  );
}

/** A link that leads to where something is done; it looks like the button that does it. */
export function ButtonLink(props: { to: string; look?: Look; small?: boolean; children: ReactNode }) {
  return (
    <Link to={props.to} className={lookOf(props.look ?? 'plain', props.small ?? false)}>
      {props.children}
    </Link>
  );
}

function lookOf(look: Look, small: boolean): string {
  return classes(styles.button, look !== 'plain' && styles[look], small && styles.small);
}
