import { useQueryClient } from '@tanstack/react-query';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { useLocation } from 'wouter';
import { signOut } from '../api/client';
import { sessionKey, type Viewer } from '../api/viewer';
import { Button } from '../components/Button';
import { Distance, Exact } from '../components/Moment';
import { Name } from '../components/Name';
import { RefusalNotice } from '../components/Notice';
import { forgetDrafts, leaveForGood } from '../lib/drafts';
import { useAction } from '../lib/useAction';
import styles from './Profile.module.css';
import shell from './Shell.module.css';
import { useSession } from './session';
import { ThemeChoice } from './ThemeChoice';

/** Ends the session and forgets all that was read in it, having asked if something is not saved. */
export function useSignOut() {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { run, ...leaving } = useAction(async () => {
    await client.cancelQueries(); // what is still being asked would be refused
    await signOut();
    forgetDrafts();
    await client.cancelQueries(); // what began meanwhile
    // The order matters: with the old session still in the cache the sign-in page would lead
    // straight back.
    client.setQueryData(sessionKey, null);
    navigate('/sign-in');
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
  });
  return { ...leaving, run: () => leaveForGood(() => void run()) };
}

/** Who I am, what I may do, and until when; and how the page is used. */
export function Profile({ onShortcuts }: { onShortcuts?: () => void }) {
  const { viewer, version } = useSession();
  const leaving = useSignOut();
  return (
    <DialogTrigger>
      <AriaButton className={`${shell.bandButton} ${shell.who}`} aria-label={`Profile of ${viewer.username}`}>
        <Name name={viewer.username} />
        <span aria-hidden="true">▾</span>
      </AriaButton>
      <ModalOverlay isDismissable className={styles.overlay}>
        <Modal className={styles.popover}>
          <Dialog className={styles.dialog}>
            {({ close }) => (
              <>
                <Heading slot="title" level={2}>
                  <Name name={viewer.username} />
                </Heading>
                <Facts viewer={viewer} />
                <ThemeChoice />
                <RefusalNotice refusal={leaving.refusal} />
                <Button onPress={leaving.run} isPending={leaving.pending} pendingLabel="Signing out">
                  Sign out
                </Button>
                <div className={styles.foot}>
                  {onShortcuts && (
                    <Button
                      small
                      look="quiet"
                      onPress={() => {
                        close();
                        onShortcuts();
                      }}
                    >
                      Keyboard shortcuts
                    </Button>
                  )}
                  <p className={styles.version}>tokenscale {version}</p>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

function Facts({ viewer }: { viewer: Viewer }) {
  return (
    <dl className={styles.facts}>
      <div>
        <dt>Signed in as</dt>
        <dd>{viewer.isRoot ? 'Root, who may do everything' : <code>{viewer.id}</code>}</dd>
      </div>
      <div>
        <dt>Token ends</dt>
        <dd>
          {viewer.expireAt == null ? (
            'The token never expires'
          ) : (
            <>
              <Distance at={viewer.expireAt} /> · <Exact at={viewer.expireAt} />
            </>
          )}
        </dd>
      </div>
      {viewer.sessionExpiresAt != null && (
        <div>
          <dt>Session ends</dt>
          <dd>
            {viewer.sessionExpiresAt === viewer.expireAt ? (
              'With the token, or when you sign out'
            ) : (
              <>
                <Distance at={viewer.sessionExpiresAt} /> · <Exact at={viewer.sessionExpiresAt} />, or when you sign out
              </>
            )}
          </dd>
        </div>
      )}
      {!viewer.isRoot && (
        <div>
          <dt>May do</dt>
          <dd>
            {viewer.permissions.length === 0 ? (
              'Nothing but look at itself'
            ) : (
              <ul className={styles.permissions}>
                {viewer.permissions.map((permission) => (
                  <li key={permission}>
                    <code>{permission}</code>
                  </li>
                ))}
              </ul>
            )}
          </dd>
        </div>
      )}
    </dl>
  );
}
