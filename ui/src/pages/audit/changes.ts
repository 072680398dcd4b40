import { shownName } from '../../lib/invisible';
import { counted, exact, span } from '../../lib/time';
import { deedOf } from './actions';
import { doer, type Entry, filterAt, type Part, type Sentence, subject, tokenAt } from './parts';

/** What an entry tells that changed a token: made it, changed it, or ended it. */
export function changed(entry: Entry): Sentence | undefined {
  switch (deedOf(entry.event)?.label) {
    case 'Token made':
      return made(entry);
    case 'Token deleted':
    case 'Secret reset':
      return ended(entry);
    case 'Permissions changed':
      return regranted(entry);
    case 'Note changed':
      return noted(entry);
    case 'Security policies changed':
      return policyEffect(entry);
  }
  return undefined;
}

function made(entry: Entry): Sentence {
  const { detail, label } = entry;
  const names = listOf(detail('newPermissions'));
  const may = names.length === 0 ? 'no permissions, ' : label === undefined ? `${counted(names.length, 'permission')}, ` : `it may ${names.map(label).join(', ')}; it `;
  const at = Number(detail('expireAt'));
  const filter: Part[] = detail('ipFilterId') === '' ? [] : [', bound to ', { given: 'an IP filter', to: filterAt(detail('ipFilterId')) }];
  return { tone: 'living', parts: [...subject(entry), 'made', ...doer(entry), `: ${may}${at > 0 ? `ends ${exact(at)}` : 'never ends'}`, ...filter] };
}

function ended(entry: Entry): Sentence {
  const next = entry.detail('successorId');
  if (next === '') return { tone: 'dead', parts: [...subject(entry), 'deleted', ...doer(entry)] };
  return { tone: 'dead', parts: [...subject(entry, 'old string of token ', 'old string '), 'ended', ...doer(entry), '; it had a ', { given: 'successor', to: tokenAt(next) }] };
}

function regranted(entry: Entry): Sentence {
  const { detail, label } = entry;
  const [before, after] = [listOf(detail('oldPermissions')), listOf(detail('newPermissions'))];
  const added = after.filter((name) => !before.includes(name));
  const taken = before.filter((name) => !after.includes(name));
  const told = (names: string[], words: string, verb: string) => names.length > 0 && (label === undefined ? `${names.length} ${verb}` : `${words} ${names.map(label).join(', ')}`);
  const what = [told(added, 'it may now', 'added'), told(taken, 'it may no more', 'taken away')].filter((part) => part !== false).join('; ');
  return { tone: 'soon', parts: [...subject(entry, 'permissions of token ', 'permissions '), 'changed', ...doer(entry), `: ${what === '' ? 'they were so before' : what}`] };
}

function noted(entry: Entry): Sentence {
  const [before, after] = [entry.detail('oldNote'), entry.detail('newNote')];
  const text = shownName(after === '' ? before : after);
  const shown = entry.label === undefined && text.length > briefly ? `${text.slice(0, briefly)}…` : text;
  return { tone: 'soon', parts: [...subject(entry, 'note of token ', 'note '), after === '' ? 'taken away' : before === '' ? 'written' : 'changed', ...doer(entry), ': ', { given: `“${shown}”` }] };
}

/** How much of a note the log shows; all of it is in the details. */
const briefly = 80;

function policyEffect(entry: Entry): Sentence {
  const { detail } = entry;
  const by: Part[] = [' by a change of the security policies', ...doer(entry)];
  const at = Number(detail('expireAt'));
  const filter = detail('ipFilterId');
  if (at === 0 && filter === '') return { tone: 'dead', parts: [...subject(entry), 'deleted', ...by, `: ${maximumText(Number(detail('tightenedMaxAgeMs')))}`] };
  const bound: Part[] = filter === '' ? [] : ['bound to ', { given: 'another IP filter', to: filterAt(filter) }];
  return { tone: 'soon', parts: [...subject(entry), at > 0 ? `shortened, to end ${exact(at)}${filter === '' ? '' : ', and '}` : '', ...bound, ...(at > 0 ? [','] : []), ...by] };
}

/** What system tokens may do by a policy that deletes some. */
export const maximumText = (ms: number) => (ms > 0 ? `system tokens live ${span(ms)} at most` : 'system tokens are not allowed');

const listOf = (text: string) => text.split(',').filter((name) => name !== '');
