import { Link } from 'wouter';
import type { SystemToken } from '../../api/tokens';
import { Name } from '../../components/Name';

/** Who made it: root, a token by its name, or the first letters of an id that is forgotten. */
export function Maker({ id, name }: { id: string; name: string | null | undefined }) {
  if (id === 'localroot') return <>root</>;
  return (
    <Link to={`/tokens/${encodeURIComponent(id)}`} aria-label={`token ${id}`}>
      {name == null ? <code>{id.slice(0, 8)}…</code> : <Name name={name} clamp={name.length > 40} />}
    </Link>
  );
}

/** Who ended it. */
export function Ender({ token }: { token: SystemToken }) {
  if (token.endedBy != null) return <Maker id={token.endedBy} name={token.endedByName} />;
  return <>{token.endReason === 'PolicyChanged' ? 'a change of the security policies' : 'the server, when its time was over'}</>;
}
