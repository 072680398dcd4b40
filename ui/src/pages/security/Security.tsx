import { useQuery } from '@tanstack/react-query';
import { filtersQuery } from '../../api/filters';
import { policiesQuery } from '../../api/security';
import { mayManageCluster, mayReadRules } from '../../api/viewer';
import { MayNot, needs } from '../../components/MayNot';
import { Notice, RefusalNotice } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { asRefusal } from '../../lib/useAction';
import { useSession } from '../../shell/session';
import { draftOf } from './draft';
import { PolicyForm } from './PolicyForm';
import { PolicyFacts } from './PolicyFacts';

export default function Security() {
  if (mayReadRules(useSession().viewer)) return <Policies />;
  return (
    <>
      <PageHead title="Security policies" />
      <MayNot what="see security policies" needed={needs.either} />
    </>
  );
}

function Policies() {
  const { viewer } = useSession();
  const policies = useQuery({ ...policiesQuery, refetchOnMount: 'always', refetchInterval: 20_000 });
  const filters = useQuery(filtersQuery);
  const failure = policies.error ?? filters.error;
  const head = (
    <PageHead title="Security policies" intro="Rules for all tokens of a kind. They bind new tokens when they are made, and existing ones from the moment the rules are changed." />
  );
  if (policies.data === undefined || filters.data === undefined) {
    return (
      <>
        {head}
        {failure && <RefusalNotice refusal={asRefusal(failure)} />}
      </>
    );
  }
  if (policies.data === null) {
    return (
      <>
        {head}
        <Notice tone="warn" title="The server tells no policies." />
      </>
    );
  }
  const now = draftOf(policies.data);
  return (
    <>
      {head}
      {mayManageCluster(viewer) ? <PolicyForm now={now} filters={filters.data} /> : <PolicyFacts now={now} filters={filters.data} />}
    </>
  );
}
