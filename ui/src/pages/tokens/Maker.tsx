import { Link } from 'wouter';
import type { SystemToken } from '../../api/tokens';
import { Name } from '../../components/Name';
import { span } from '../../lib/time';

/** Who made it: root, a token by its name, or the first letters of an id that is forgotten. */
export function Maker({ id, name }: { id: string; name: string | null | undefined }) {
  if (id === 'localroot') return <>root</>;
  return (
    <Link to={`/tokens/${encodeURIComponent(id)}`}>
      {name == null ? <code>{id.slice(0, 8)}…</code> : <Name name={name} clamp={name.length > 40} />}
    </Link>
  );
}

/** Who ended it, and by which change if it was one of the policies. */
export function Ender({ token: { endedBy, endedByName, endReason, endMaximumMs } }: { token: SystemToken }) {
  if (endedBy == null) return <>the server, when its time was over</>;
  return (
    <>
      <Maker id={endedBy} name={endedByName} />
      {endReason === 'PolicyChanged' && (endMaximumMs == null ? ', who allowed no system tokens' : `, who set a maximum of ${span(endMaximumMs)}`)}
    </>
  );
}
