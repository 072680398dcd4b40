import { counted, number, span } from '../../lib/time';
import { type Entry, type Part, type Sentence, subject, type Tone } from './parts';

/** A kind of entry: what it is called, and what one of it tells. */
export type Kind = { label: string; tell: (entry: Entry) => Sentence };

/** What was done to the server itself: to its store, its keys, its clock. */
export const storeKinds: Readonly<Record<string, Kind>> = {
  'store.backup': kind('Backup made', 'quiet', () => ['Backup of the store made']),
  'store.restore': kind('Backup restored', 'dead', ({ detail }) => [
    `Store restored from a backup with ${entries(detail('entries'))} of this log; the store before had ${amount(detail('entriesBefore'))}`,
  ]),
  'store.copy': kind('Store copied', 'quiet', ({ detail }) => ['All rows of another store copied into this one: ', { given: detail('way') }, `, ${entries(detail('entries'))} of this log`]),
  'store.compact': kind('Store compacted', 'quiet', () => ['File of the store written anew, without unused space']),
  'audit.archive': kind('Audit log archived', 'quiet', ({ detail }) => [
    `Entries ${amount(detail('firstEntry'))} to ${amount(detail('lastEntry'))} of this log moved out of the store, into segment ${detail('segment')}`,
  ]),
  'store.salvage': kind('Damaged store salvaged', 'dead', ({ detail }) => [
    `Damaged store salvaged: ${counted(Number(detail('tokens')), 'token')} kept, ${amount(detail('lostTokens'))} lost`,
  ]),
  'store.rollback': kind('Older store accepted', 'dead', ({ detail }) => ['Older store accepted: ', { given: detail('reason') }]),
  'store.integrity': kind('Stored row changed', 'dead', damaged),
  'keys.rotate': kind('Keys rotated', 'soon', ({ detail }) => [
    detail('done') === 'true' ? 'All rows sealed under key ' : 'Rotation of the server’s keys begun: rows are sealed under key ',
    { given: detail('key'), mono: true },
  ]),
  'keys.drop': kind('Old keys dropped', 'soon', ({ detail }) => ['Old keys taken out of the key file: ', { given: spaced(detail('keys')), mono: true }]),
  'clock.jump': kind('Clock jumped', 'dead', ({ detail }) => [`Clock of the server’s machine jumped ${detail('direction')} by ${span(Math.abs(Number(detail('byMs'))))}`]),
  'clock.accept': kind('Clock accepted', 'soon', (entry) =>
    entry.id === '' ? ['Time goes on from what the machine’s clock says, as whoever runs the server asked'] : [...subject(entry), 'came back: it had expired by a wrong clock only'],
  ),
};

function kind(label: string, tone: Tone, parts: (entry: Entry) => Part[]): Kind {
  return { label, tell: (entry) => ({ tone, parts: parts(entry) }) };
}

function damaged({ detail }: Entry): Part[] {
  const file = detail('files');
  const what: Part[] =
    file === ''
      ? ['Stored row ', { given: detail('key'), mono: true }, ' of ', { given: detail('table'), mono: true }]
      : ['Archived part of this log in ', { given: spaced(file), mono: true }];
  return [...what, ' is not what was written: ', { given: detail('reason') }];
}

const spaced = (list: string) => list.replaceAll(',', ', ');
const amount = (text: string) => number(Number(text));
const entries = (text: string) => counted(Number(text), 'entry', 'entries');
