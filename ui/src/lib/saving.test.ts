import { afterEach, expect, test, vi } from 'vitest';
import { blobSink, openFile, unwritten } from './saving';

afterEach(() => vi.unstubAllGlobals());

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

/** Lets the reader have chosen a file, whose stream does this. */
function chosen(stream: object, size = 0) {
  const remove = vi.fn<() => Promise<void>>(async () => undefined);
  vi.stubGlobal('showSaveFilePicker', async () => ({ createWritable: async () => stream, getFile: async () => ({ size }), remove }));
  return remove;
}

test('the empty file of what is given up is removed, and one that holds something is not', async () => {
  for (const [size, times] of [[0, 1], [3, 0]] as const) {
    const remove = chosen({ abort: async () => undefined }, size);
    await (await openFile('a.csv', 'text/csv'))?.abort();
    expect(remove).toHaveBeenCalledTimes(times);
  }
});

test('a disk that is full is told as what it is', async () => {
  chosen({ write: () => Promise.reject(new DOMException('no space', 'QuotaExceededError')), abort: () => Promise.reject(new TypeError('errored')) });
  const sink = await openFile('a.csv', 'text/csv');
  await expect(sink?.write('a')).rejects.toMatchObject({ code: unwritten, message: expect.stringContaining('disk') });
  await expect(sink?.abort()).resolves.toBeUndefined();
});
