import { expect, test } from 'vitest';
import { blobSink } from './saving';

test('pieces become one file, in their order', async () => {
  const saved: Blob[] = [];
  const sink = blobSink('a.csv', 'text/csv', (blob) => saved.push(blob));
  const piece = 'x'.repeat(3_000_000);
  await sink.write('first,');
  await sink.write(piece);
  await sink.write(piece);
  await sink.write(',last');
  expect(saved).toEqual([]);
  await sink.close();
  expect(await saved[0]?.text()).toBe(`first,${piece}${piece},last`);
  expect(saved[0]?.type).toBe('text/csv');
});

test('what is given up is not saved', async () => {
  const saved: Blob[] = [];
  const sink = blobSink('a.csv', 'text/csv', (blob) => saved.push(blob));
  await sink.write('a');
  await sink.abort();
  expect(saved).toEqual([]);
});
