import { Fragment } from 'react';

/** Where there is no room for all of it, it is broken before one of its words. */
export function ApiName({ name, className }: { name: string; className?: string | undefined }) {
  return (
    <code className={className}>
      {name.split(/(?<=[a-z])(?=[A-Z])/).map((word, at) => (
        <Fragment key={word}>
          {at > 0 && <wbr />}
          {word}
        </Fragment>
      ))}
    </code>
  );
}
