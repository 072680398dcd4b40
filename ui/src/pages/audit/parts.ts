import type { AuditEvent } from '../../api/audit';

/** How an entry is marked: it gave something, changed it, ended or refused it, or none of that. */
export type Tone = 'living' | 'soon' | 'dead' | 'quiet';

/** What somebody else has written, such as a name; all of it, where that is cut; where it leads. */
export type Given = { given: string; whole?: string; to?: string | undefined; mono?: boolean };

/** A piece of a sentence: words of the page, or what somebody else has written. */
export type Part = string | Given;

export type Sentence = { tone: Tone; parts: readonly Part[] };

/** One entry, as those who tell of it ask it. */
export type Entry = {
  event: AuditEvent;
  /** The token it is about, or nothing. */
  id: string;
  /** A detail of it, or nothing. */
  detail: (name: string) => string;
  /** The token whose history it is told in, if it is. */
  here: string | undefined;
  /** Permissions in words; without it they are counted. */
  label: ((permission: string) => string) | undefined;
};

export const tokenAt = (id: string) => `/tokens/${encodeURIComponent(id)}`;
export const filterAt = (id: string) => `/ip-filters/${encodeURIComponent(id)}`;

/** A name with what it leads to. A long one is cut: the details have it. */
export function called(name: string, to?: string): Given {
  const letters = [...name];
  return letters.length > 80 ? { given: `${letters.slice(0, 60).join('')}…`, whole: name, to } : { given: name, to };
}

/** A token by its name, or by the first letters of its id. */
export function named(id: string, name: string | null | undefined): Part {
  if (id === 'localroot') return 'root';
  if (name == null || name === '') return { given: `${id.slice(0, 8)}…`, to: tokenAt(id), mono: true };
  return called(name, id === '' ? undefined : tokenAt(id));
}

/** What a sentence is about, behind words; other words in the history of that, which names it. */
export function subject({ event, id, detail, here }: Entry, before = 'token ', own = ''): Part[] {
  if (id === here) return [own];
  const name = detail('tokenName') || (event.actor.tokenId === id ? event.actor.tokenName : '');
  return [before, named(id, name), ' '];
}

/** Who did it, if anybody did, and from where. */
export function doer(entry: Entry, word = 'by'): Part[] {
  const { tokenId, tokenName, type } = entry.event.actor;
  if (type === 'system' || type === 'anonymous') return from(entry);
  const token = () => (tokenId === entry.here ? 'itself' : named(tokenId ?? '', tokenName ?? type));
  return [` ${word} `, type === 'root' ? 'root' : token(), ...from(entry)];
}

export function from({ event: { actor } }: Entry): Part[] {
  if (actor.ip == null || actor.ip === '') return [];
  return actor.ip === 'unreadable' ? [' from an unknown address'] : [' from ', { given: actor.ip, mono: true }];
}
