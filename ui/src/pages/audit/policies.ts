import { counted } from '../../lib/time';
import { maximumText } from './changes';
import { doer, type Entry, filterAt, type Part, type Sentence } from './parts';

/** What the security policies ask of system tokens since a change, and whom that has reached. */
export function policiesSet(entry: Entry): Sentence {
  const reached = effects(entry);
  return {
    tone: 'soon',
    parts: ['Security policies set', ...doer(entry), ': ', ...rules(entry), reached === '' ? '' : `; ${reached}`],
  };
}

function rules({ detail }: Entry): Part[] {
  if (!detail('enabledTokens').split(',').includes('systemPermissionTokens')) return [maximumText(0)];
  const most = Number(detail('systemPermissionTokensEnforceExpirationAfterMs'));
  const filter = detail('systemPermissionTokensEnforceIpFilterId');
  const bound: Part[] = filter === '' ? [] : [', all bound to ', { given: 'one IP filter', to: filterAt(filter) }];
  return [most > 0 ? maximumText(most) : 'system tokens may live for ever', ...bound];
}

function effects({ detail }: Entry): string {
  const said = (name: string, verb: string) => (Number(detail(name)) > 0 ? `${counted(Number(detail(name)), 'token')} ${verb}` : '');
  return [said('tokensDeleted', 'deleted'), said('tokensCapped', 'shortened'), said('tokensRefiltered', 'given the filter')].filter((part) => part !== '').join(', ');
}
