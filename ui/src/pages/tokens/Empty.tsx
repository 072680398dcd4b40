import { useQuery } from '@tanstack/react-query';
import { countsQuery, endedQuery } from '../../api/tokens';
import { Button, ButtonLink } from '../../components/Button';
import { Name } from '../../components/Name';
import { Teach } from '../../components/Teach';
import { curlLine } from '../../lib/curl';
import { serverAddress } from '../../lib/home';
import { counted } from '../../lib/time';
import { isTokenId } from '../../lib/withoutSecret';
import { endedLink, viewSpans } from './views';

const example = 'mutation { createSystemToken(input: {name: "health probe", permissions: [ReadHealthCheck], expiresIn: {amount: 30, unit: Days}}) { token } }';

export function NoTokens() {
  const ended = useQuery(countsQuery(viewSpans)).data?.ended.totalResults ?? 0;
  return (
    <Teach
      title={ended === 0 ? 'No system token yet' : 'No system token works'}
      actions={
        <>
          <ButtonLink to="/tokens/new" look="primary">
            {ended === 0 ? 'Make the first token' : 'Make a token'}
          </ButtonLink>
          {ended > 0 && <ButtonLink to={endedLink}>See {counted(ended, 'token')} that ended</ButtonLink>}
        </>
      }
      curl={curlLine(serverAddress(), example)}
    >
      <p>
        A system token lets a machine administer this cluster: read its health, manage organizations, change bucket storage. It reaches no organization and no data in
        any repository.
      </p>
      <p>Each token holds only the permissions you choose, can end by itself, and can be bound to addresses. Its string is shown once, when it is made.</p>
    </Teach>
  );
}

type NoMatchProps = { search: string; filtered: boolean; onClear: () => void };

export function NoMatch({ search, filtered, onClear }: NoMatchProps) {
  const ended = useQuery({ ...endedQuery(search), enabled: isTokenId(search) }).data;
  const all = <Button onPress={onClear}>Show all tokens</Button>;
  if (ended != null) {
    return (
      <Teach
        title="It has ended"
        actions={
          <>
            <ButtonLink to={`/tokens/${encodeURIComponent(ended.id)}`} look="primary">
              Look at it
            </ButtonLink>
            {all}
          </>
        }
      >
        <p>
          The id is one that <Name name={ended.name} /> had, and its string works no more.
        </p>
      </Teach>
    );
  }
  return (
    <Teach title="No token matches" actions={all}>
      {search !== '' && (
        <p>
          No {filtered && 'such '}token holds “<Name name={search} />” in its name or note, and none has it as its id.
        </p>
      )}
      {filtered && <p>A token must satisfy every filter above. Take one off, or show all tokens.</p>}
      <p>A token that has expired leaves the list after five minutes, and is among those that have ended for 30 days.</p>
    </Teach>
  );
}
