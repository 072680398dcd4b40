import { Notice } from './Notice';
import styles from './Text.module.css';

const labels = { ChangeSystemPermissions: 'Change system permissions', ManageCluster: 'Manage cluster' };

type Needed = keyof typeof labels;

const administers: readonly Needed[] = ['ChangeSystemPermissions'];
const manages: readonly Needed[] = ['ManageCluster'];
const either: readonly Needed[] = [...administers, ...manages];

/** What the server asks for, by what one would do. It is said here, and decided there. */
export const needs = { administers, manages, either };

/** Why there is nothing here for the one who is signed in. */
export function MayNot({ what, needed }: { what: string; needed: readonly Needed[] }) {
  return (
    <Notice tone="warn" title={`Your token may not ${what}`}>
      <p>
        That takes <Permissions names={needed} />. Anyone who may grant it (root always may) can make you a token that has it.
      </p>
    </Notice>
  );
}

/** Why something cannot be done here that others can do. */
export function Takes({ what, needed }: { what: string; needed: readonly Needed[] }) {
  return (
    <p className={styles.quiet}>
      To {what} takes <Permissions names={needed} />.
    </p>
  );
}

function Permissions({ names }: { names: readonly Needed[] }) {
  return (
    <>
      the permission{' '}
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 && ' or '}“{labels[name]}” (<code>{name}</code>)
        </span>
      ))}
    </>
  );
}
