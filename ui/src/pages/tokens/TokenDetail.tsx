import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { policiesQuery } from '../../api/security';
import { endedQuery, type Permission, permissionsQuery, tokenQuery, type TokenWithRules } from '../../api/tokens';
import { mayAdministerTokens } from '../../api/viewer';
import { Button, ButtonLink } from '../../components/Button';
import { MayNot, needs, Takes } from '../../components/MayNot';
import { Name } from '../../components/Name';
import { Notice, RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { PermissionGlyph } from '../../components/PermissionGlyph';
import { PermissionList } from '../../components/PermissionPicker';
import { lastList } from '../../lib/lastList';
import type { Refusal } from '../../lib/refusal';
import { asRefusal } from '../../lib/useAction';
import { useSession } from '../../shell/session';
import { DeleteToken } from './DeleteToken';
import styles from './Detail.module.css';
import { EndedToken } from './EndedToken';
import { History } from './History';
import { Predecessor } from './Predecessor';
import { ResetSecret } from './ResetSecret';
import { Facts, Life } from './TokenFacts';
import { TokenNote } from './TokenNote';
import { changesPermissions, UpdatePermissions } from './UpdatePermissions';

const back = () => ({ to: lastList('/tokens'), label: 'System tokens' });

export default function TokenDetail({ id }: { id: string }) {
  const { viewer } = useSession();
  const administers = mayAdministerTokens(viewer);
  const [open, setOpen] = useState<OpenDialog>(() => (changesPermissions(id) ? 'update' : null));
  // While the secret is being reset nothing is read anew: the old id is gone then, and the answer
  // "not found" would take away the screen on which the new string stands.
  const token = useQuery({ ...tokenQuery(id), refetchOnMount: 'always', refetchInterval: 30_000, enabled: open !== 'reset' });
  const permissions = useQuery({ ...permissionsQuery, enabled: administers });
  const policies = useQuery({ ...policiesQuery, enabled: administers });
  if (token.data === undefined || (token.error && asRefusal(token.error).code === 'NOT_FOUND')) {
    return <Missing id={id} error={token.error} />;
  }
  const mayUpdate = administers && policies.data?.systemPermissionTokensAllowPermissionUpdates === true;
  return (
    <Detail
      token={token.data}
      permissions={permissions.data ?? []}
      maximumMs={policies.data?.systemPermissionTokensEnforceExpirationAfterMs ?? null}
      administers={administers}
      mayUpdate={mayUpdate}
      open={open}
      onOpen={setOpen}
    />
  );
}

type OpenDialog = 'update' | 'reset' | 'delete' | null;

function Missing({ id, error }: { id: string; error: Error | null }) {
  const { viewer } = useSession();
  const permissions = useQuery({ ...permissionsQuery, enabled: mayAdministerTokens(viewer) });
  const gone = error !== null && asRefusal(error).code === 'NOT_FOUND';
  const administers = mayAdministerTokens(viewer);
  const ended = useQuery({ ...endedQuery(id), enabled: gone && administers && id !== 'localroot', refetchInterval: 30_000 });
  if (gone && ended.data) return <EndedToken token={ended.data} permissions={permissions.data ?? []} />;
  if (gone && ended.isLoading) return <PageHead title="System token" back={back()} />;
  return (
    <>
      <PageHead title="System token" back={back()} />
      {!gone || ended.error !== null ? (
        <Failed refusal={(ended.error ?? error) === null ? null : asRefusal(ended.error ?? error)} />
      ) : id === 'localroot' ? (
        <Notice title="Root is no system token" actions={<AboutGone id={id} />}>
          <p>It may do everything, and no policy binds it. Whoever runs the server replaces its string, with the command root-token.</p>
        </Notice>
      ) : (
        <Notice tone="warn" title="This token is not there any more" actions={administers && <AboutGone id={id} />}>
          <p>It was deleted, was reset or expired{administers && ' more than 30 days ago'}, or there never was one.</p>
        </Notice>
      )}
    </>
  );
}

function Failed({ refusal }: { refusal: Refusal | null }) {
  if (refusal?.code === 'FORBIDDEN') return <MayNot what="see other tokens" needed={needs.administers} />;
  return <RefusalNotice refusal={refusal} />;
}

function AboutGone({ id }: { id: string }) {
  return (
    <>
      <ButtonLink to={`/audit-log?token=${encodeURIComponent(id)}`}>See what happened to it</ButtonLink>
      <ButtonLink to={`/tokens?creator=${encodeURIComponent(id)}`}>Tokens that it made</ButtonLink>
    </>
  );
}

type DetailProps = {
  token: TokenWithRules;
  permissions: readonly Permission[];
  maximumMs: number | null;
  administers: boolean;
  mayUpdate: boolean;
  open: OpenDialog;
  onOpen: (dialog: OpenDialog) => void;
};

function Detail({ token, permissions, maximumMs, administers, mayUpdate, open, onOpen }: DetailProps) {
  const close = () => onOpen(null);
  return (
    <>
      <PageHead
        title={token.name}
        heading={<Name name={token.name} />}
        back={administers ? back() : undefined}
        actions={
          administers && (
            <>
              <ButtonLink to={`/tokens/new?like=${encodeURIComponent(token.id)}`}>New one like it</ButtonLink>
              <Button onPress={() => onOpen('reset')} isDisabled={token.expired || token.replacedBy != null}>
                Reset secret
              </Button>
              <Button look="danger" onPress={() => onOpen('delete')}>
                Delete token
              </Button>
            </>
          )
        }
      />
      {!administers && <Takes what="reset, change or delete it" needed={needs.administers} />}
      {token.replacedBy != null && (
        <Notice tone="warn" title="Its secret was reset" actions={<ButtonLink to={`/tokens/${encodeURIComponent(token.replacedBy)}`}>Go to its successor</ButtonLink>}>
          <p>{token.expired ? 'This is the old string. Its grace period is over, so it works no more.' : 'This is the old string, which still works until its grace period is over.'}</p>
        </Notice>
      )}
      {token.replaces != null && <Predecessor key={token.replaces} id={token.replaces} />}
      <TokenNote token={token} mayChange={administers && !token.expired && token.replacedBy == null} />
      <Life token={token} maximumMs={maximumMs} />
      <div className={styles.columns}>
        <section className={styles.section}>
          <div className={styles.sectionHead}>
            <div className={styles.row}>
              <h2>Permissions</h2>
              {permissions.length > 0 && <PermissionGlyph permissions={permissions} held={token.permissions} />}
            </div>
            {mayUpdate && !token.expired && <Button onPress={() => onOpen('update')}>Update permissions</Button>}
          </div>
          {administers && !mayUpdate && <p className={styles.quiet}>They cannot be changed: the security policy does not allow it for existing tokens.</p>}
          {permissions.length > 0 ? <PermissionList permissions={permissions} held={token.permissions} /> : <p><code>{token.permissions.join(', ') || 'None'}</code></p>}
        </section>
        <Facts token={token} administers={administers} />
      </div>
      {administers && <History id={token.id} permissions={permissions} />}
      {open === 'update' && mayUpdate && permissions.length > 0 && <UpdatePermissions token={token} permissions={permissions} onClose={close} />}
      {open === 'reset' && <ResetSecret token={token} onClose={close} />}
      {open === 'delete' && <DeleteToken token={token} onClose={close} />}
    </>
  );
}
