import type { ReactNode } from 'react';
import { classes } from '../lib/classes';
import type { Refusal } from '../lib/refusal';
import { ButtonLink } from './Button';
import styles from './Notice.module.css';

type NoticeProps = {
  tone?: 'info' | 'warn' | 'danger' | 'good';
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** Whether it came while the reader was doing something else and must be said at once. */
  urgent?: boolean;
};

export function Notice({ tone = 'info', title, children, actions, urgent = false }: NoticeProps) {
  return (
    <div className={classes(styles.notice, styles[tone])} role={urgent ? 'alert' : undefined}>
      {title !== undefined && <p className={styles.title}>{title}</p>}
      {children !== undefined && <div>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

type RefusalNoticeProps = {
  refusal: Refusal | null;
  /** Labels of the fields that say for themselves, beside their inputs, what is wrong with them. */
  fieldLabels?: Readonly<Record<string, string>>;
  actions?: ReactNode;
  title?: ReactNode;
};

/** The server's own sentence, and which fields it is about. */
export function RefusalNotice(props: RefusalNoticeProps) {
  const { refusal, fieldLabels = {} } = props;
  if (refusal === null) return null;
  // The answer was lost, and the string in it: what is left is the token, to be reset.
  const made = refusal.tokenId === undefined ? undefined : <ButtonLink to={`/tokens/${encodeURIComponent(refusal.tokenId)}`}>Look at that token</ButtonLink>;
  const others = Object.entries(refusal.fields).filter(([field]) => fieldLabels[field] === undefined);
  const named = [...new Set(Object.entries(fieldLabels).flatMap(([field, label]) => (refusal.fields[field] === undefined ? [] : [label])))];
  return (
    <Notice tone="danger" urgent title={props.title ?? refusal.message} actions={props.actions ?? made}>
      {props.title !== undefined && <p>{refusal.message}</p>}
      {named.length > 0 && <p>Look at: {named.join(', ')}.</p>}
      {refusal.kind === 'unreachable' && (
        <p>What you entered is still here. If you were changing something, look whether it was done before you try again.</p>
      )}
      {others.length > 0 && (
        <ul className={styles.list}>
          {others.map(([field, sentence]) => (
            <li key={field}>{sentence}</li>
          ))}
        </ul>
      )}
      {refusal.requestId !== undefined && (
        <p>
          The server’s log has the cause under the request id <code>{refusal.requestId}</code>.
        </p>
      )}
    </Notice>
  );
}
