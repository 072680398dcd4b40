import { type ReactNode, useEffect, useState } from 'react';
import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { curlReading } from '../lib/curl';
import { serverAddress } from '../lib/home';
import { useRevealing } from '../lib/revealing';
import { Button } from './Button';
import { CopyButton } from './CopyButton';
import styles from './RevealOnce.module.css';

type RevealOnceProps = { secret: string; heading: ReactNode; note?: ReactNode; onClose: () => void };

/**
 * The one moment in which a token string is seen. It stands alone on the screen; leaving asks
 * whether it was stored, also when it is the browser that is asked to go elsewhere.
 */
export function RevealOnce({ secret, heading, note, onClose }: RevealOnceProps) {
  const [asking, setAsking] = useState(false);
  useRevealing();
  useLeaveGuard(() => setAsking(true));
  const [id, rest] = secret.split('~');
  return (
    <ModalOverlay isOpen isKeyboardDismissDisabled={false} onOpenChange={() => setAsking(true)} className={styles.screen}>
      <Modal className={styles.modal}>
        <Dialog className={styles.dialog}>
          <div className={styles.inner}>
            <Heading slot="title" level={2}>
              {heading}
            </Heading>
            <p className={styles.secret} data-testid="secret" translate="no">
              {id}
              {rest !== undefined && <span className={styles.tilde}>~</span>}
              {rest}
            </p>
            <p className={styles.once}>This is the only time it is shown. Store it now, where your secrets live.</p>
            {note}
            {asking ? (
              <Leave onStay={() => setAsking(false)} onLeave={onClose} />
            ) : (
              <div className={styles.actions}>
                <CopyButton text={secret} look="primary" autoFocus />
                <Button onPress={() => setAsking(true)}>Done</Button>
              </div>
            )}
            <div>
              <p>To try it, in a shell:</p>
              <pre className={styles.curl} tabIndex={0} aria-label="Command that uses the token" translate="no">
                {curlReading(serverAddress(), '{ viewer { username permissions } }')}
              </pre>
            </div>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Leave({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  return (
    <div role="group" aria-labelledby="stored" className={styles.actions}>
      <p id="stored" role="alert">
        Is the string stored? After closing it is nowhere.
      </p>
      <Button look="primary" onPress={onLeave}>
        It is stored, close
      </Button>
      <Button onPress={onStay} autoFocus>
        Show it longer
      </Button>
    </div>
  );
}

/** Keeps the reader from losing the string by closing the window or going back. */
function useLeaveGuard(onBack: () => void): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    // One more entry of the same address: going back stays here, and asks.
    history.pushState(history.state, '', window.location.href);
    const stay = () => {
      history.pushState(history.state, '', window.location.href);
      onBack();
    };
    window.addEventListener('beforeunload', warn);
    window.addEventListener('popstate', stay);
    return () => {
      window.removeEventListener('beforeunload', warn);
      window.removeEventListener('popstate', stay);
    };
    // The guard is set once, when the string appears.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
}
