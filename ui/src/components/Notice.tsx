import type { ReactNode } from 'react';
import { classes } from '../lib/classes';
import type { Refusal } from '../lib/refusal';
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

/** The server's own sentence. Fields that the form shows beside their inputs are left out here. */
export function RefusalNotice(props: { refusal: Refusal | null; shownFields?: readonly string[]; actions?: ReactNode; title?: ReactNode }) {
  const { refusal, shownFields = [] } = props;
  if (refusal === null) return null;
  const others = Object.entries(refusal.fields).filter(([field]) => !shownFields.includes(field));
  return (
    <Notice tone="danger" urgent title={props.title ?? refusal.message} actions={props.actions}>
      {props.title !== undefined && <p>{refusal.message}</p>}
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
          Its log has the cause under the request id <code>{refusal.requestId}</code>.
        </p>
      )}
    </Notice>
  );
}
