import type { ReactNode, Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaProps } from 'react-aria-components/Button';
import { Link } from 'wouter';
import { classes } from '../lib/classes';
import styles from './Button.module.css';

type Look = 'plain' | 'primary' | 'danger' | 'dangerFull' | 'quiet';

type ButtonProps = Omit<AriaProps, 'className' | 'style' | 'children' | 'isPending'> & {
  look?: Look;
  small?: boolean;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
  /**
   * Whether what it began is on its way. It keeps the focus then, and does nothing when pressed.
   */
  isPending?: boolean;
  /** Said instead of the label while it works. */
  pendingLabel?: string;
};

export function Button({ look = 'plain', small = false, isPending = false, pendingLabel = 'Working', children, ...rest }: ButtonProps) {
  // The library's own pending state leaves a label in the document that outlives the button; this
  // one does not.
  return (
    <>
      <AriaButton
        {...rest}
        type={isPending ? 'button' : rest.type}
        onPress={isPending ? undefined : rest.onPress}
        className={classes(lookOf(look, small), isPending && styles.pending)}
      >
        {isPending ? pendingLabel : children}
      </AriaButton>
      {rest.type === 'submit' || isPending ? (
        <span role="status" className="sr-only">
          {isPending ? pendingLabel : ''}
        </span>
      ) : null}
    </>
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
