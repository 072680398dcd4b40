import { useQuery } from '@tanstack/react-query';
import { useLocation, useSearch } from 'wouter';
import { filtersQuery } from '../../api/filters';
import { policiesQuery } from '../../api/security';
import { modelQuery, permissionsQuery, type SystemToken } from '../../api/tokens';
import { mayAdministerTokens } from '../../api/viewer';
import { ButtonLink } from '../../components/Button';
import { MayNot, needs } from '../../components/MayNot';
import { Name } from '../../components/Name';
import { Notice, RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { shownName } from '../../lib/invisible';
import { lastList } from '../../lib/lastList';
import { tell } from '../../lib/told';
import { asRefusal } from '../../lib/useAction';
import { useSession } from '../../shell/session';
import { CreateForm } from './CreateForm';
import { byLink, emptyStart, likeToken, type Prefill } from './prefill';
import { policyOf } from './tokenPolicy';

/** Reads what the form needs to know before it asks anything. */
export default function CreateToken() {
  const { viewer } = useSession();
  return (
    <>
      <PageHead title="New system token" back={{ to: lastList('/tokens'), label: 'System tokens' }} />
      {mayAdministerTokens(viewer) ? <Form /> : <MayNot what="administer system tokens" needed={needs.administers} />}
    </>
  );
}

function Form() {
  const { viewer } = useSession();
  const [, navigate] = useLocation();
  const params = new URLSearchParams(useSearch());
  const like = params.get('like');
  const permissions = useQuery(permissionsQuery);
  const filters = useQuery(filtersQuery);
  const policies = useQuery(policiesQuery);
  const model = useQuery({ ...modelQuery(like ?? ''), enabled: like !== null, refetchOnMount: 'always' });
  const failure = permissions.error ?? filters.error ?? policies.error;
  const ready = permissions.data !== undefined && filters.data !== undefined && policies.data !== undefined && !(like !== null && model.isPending);
  if (!ready) return <RefusalNotice refusal={failure ? asRefusal(failure) : null} />;
  if (policies.data?.systemPermissionTokensEnabled === false) {
    return (
      <Notice tone="warn" title="System tokens are switched off" actions={<ButtonLink to="/security-policies">See the security policies</ButtonLink>}>
        <p>The security policy allows no system tokens, so none can be made.</p>
      </Notice>
    );
  }
  const grantable = viewer.isRoot ? permissions.data.map((one) => one.name) : viewer.permissions;
  const known = { permissions: permissions.data, grantable, filters: filters.data, policy: policyOf(policies.data) };
  const prefill = model.data ? likeToken(model.data, known) : byLink(params, known);
  // What a link filled in, and what is typed over it, is kept apart from what was begun without it.
  const keptAs = prefill === null ? '/tokens/new' : `/tokens/new?${params}`;
  return (
    <>
      {model.error && <RefusalNotice title="The token that the new one was to be like is not there" refusal={asRefusal(model.error)} />}
      {prefill !== null && <FilledIn prefill={prefill} like={model.data} />}
      <CreateForm
        {...known}
        key={keptAs}
        keptAs={keptAs}
        like={model.data && { id: model.data.id, name: model.data.name }}
        start={prefill?.start ?? emptyStart(known.policy)}
        onDone={({ id, name }) => {
          navigate(`/tokens/${encodeURIComponent(id)}`, { replace: true });
          tell({ text: `The token ${shownName(name)} is made.`, link: { to: '/tokens/new', label: 'Make another' } });
        }}
      />
    </>
  );
}

/** Says who filled the form in, and what they were not let choose. */
function FilledIn({ prefill, like }: { prefill: Prefill; like: SystemToken | undefined }) {
  return (
    <Notice
      title={
        like === undefined ? (
          'A link filled this in'
        ) : (
          <>
            Filled in like <Name name={like.name} />
          </>
        )
      }
    >
      <p>{like === undefined ? 'Look at all of it before you make the token: whoever wrote the link chose it.' : 'It becomes a token of its own, with a string of its own. The other one stays as it is.'}</p>
      {prefill.left.length > 0 && (
        <>
          <p>Left out:</p>
          <ul>
            {prefill.left.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </>
      )}
    </Notice>
  );
}
