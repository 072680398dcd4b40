import { Notice } from '../../components/Notice';

/** Why somebody sees no tokens, and makes none. */
export function MayNot() {
  return (
    <Notice tone="warn" title="Your token may not administer system tokens">
      <p>
        Making and seeing them needs the permission “Change system permissions” (<code>ChangeSystemPermissions</code>). Whoever holds it, or root, can make a token for you that has it.
      </p>
    </Notice>
  );
}
