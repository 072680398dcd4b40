import { Link, Redirect } from 'wouter';
import { mayAdministerTokens, mayReadRules } from '../api/viewer';
import { PageHead } from '../components/PageHead';
import { Teach } from '../components/Teach';
import { useSession } from './session';

/** Leads to the first thing that the signed-in identity may administer. */
export function Home() {
  const { viewer } = useSession();
  if (mayAdministerTokens(viewer)) return <Redirect to="/tokens" replace />;
  if (mayReadRules(viewer)) return <Redirect to="/ip-filters" replace />;
  return (
    <>
      <PageHead title="Cluster administration" />
      <Teach title="This token administers nothing here">
        <p>
          System tokens are administered with the permission <code>ChangeSystemPermissions</code>; IP filters and security policies with <code>ManageCluster</code>. The token you signed
          in with holds neither. It can still <Link to={`/tokens/${encodeURIComponent(viewer.id)}`}>look at itself</Link>.
        </p>
      </Teach>
    </>
  );
}

export function NotFound() {
  return (
    <>
      <PageHead title="There is nothing here" />
      <p>
        The address may have been cut, or what stood here is gone. <Link to="/">Start from the beginning</Link>.
      </p>
    </>
  );
}
