import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { filtersQuery } from '../../api/filters';
import { policiesQuery } from '../../api/security';
import { permissionsQuery } from '../../api/tokens';
import { ButtonLink } from '../../components/Button';
import { Notice, RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { asRefusal } from '../../lib/useAction';
import { CreateForm } from './CreateForm';
import { policyOf } from './tokenPolicy';

const back = { to: '/tokens', label: 'System tokens' };

/** Reads what the form needs to know before it asks anything. */
export default function CreateToken() {
  const [, navigate] = useLocation();
  const permissions = useQuery(permissionsQuery);
  const filters = useQuery(filtersQuery);
  const policies = useQuery(policiesQuery);
  const failure = permissions.error ?? filters.error ?? policies.error;
  const ready = permissions.data !== undefined && filters.data !== undefined && policies.data !== undefined;
  return (
    <>
      <PageHead title="New system token" back={back} />
      {!ready && failure && <RefusalNotice refusal={asRefusal(failure)} />}
      {ready && policies.data?.systemPermissionTokensEnabled === false && (
        <Notice tone="warn" title="System tokens are switched off" actions={<ButtonLink to="/security-policies">See the security policies</ButtonLink>}>
          <p>The security policy allows no system tokens, so none can be made.</p>
        </Notice>
      )}
      {ready && policies.data?.systemPermissionTokensEnabled !== false && (
        <CreateForm
          permissions={permissions.data}
          filters={filters.data}
          policy={policyOf(policies.data)}
          onDone={(id) => navigate(`/tokens/${encodeURIComponent(id)}`, { replace: true })}
        />
      )}
    </>
  );
}
