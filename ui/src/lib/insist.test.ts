import { expect, it, vi } from 'vitest';
import { insist } from './insist';

const unreachable = new Error('The server does not answer.');

it('sends the same key when the same is asked for after a failure, and a new one after an answer', async () => {
  const act = vi.fn<(key: string, input: { name: string }) => Promise<string>>();
  const create = insist(act);
  act.mockRejectedValueOnce(unreachable).mockRejectedValueOnce(unreachable).mockResolvedValue('made');
  await expect(create({ name: 'nurse' })).rejects.toBe(unreachable);
  await expect(create({ name: 'nurse' })).rejects.toBe(unreachable);
  expect(await create({ name: 'nurse' })).toBe('made');
  expect(await create({ name: 'nurse' })).toBe('made');
  const keys = act.mock.calls.map(([key]) => key);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).toBe(keys[0]);
  expect(keys[3]).not.toBe(keys[0]);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
});

it('sends another key with another wish, and the first one when the reader goes back to it', async () => {
  const act = vi.fn<(key: string, name: string) => Promise<string>>();
  const create = insist(act);
  act.mockRejectedValue(unreachable);
  for (const name of ['nurse', 'doctor', 'nurse']) await create(name).catch(() => undefined);
  const [nurse, doctor, again] = act.mock.calls.map(([key]) => key);
  expect(doctor).not.toBe(nurse);
  expect(again).toBe(nurse);
});

it('gives each form keys of its own', async () => {
  const act = vi.fn<(key: string, name: string) => Promise<string>>().mockRejectedValue(unreachable);
  for (const create of [insist(act), insist(act)]) await create('nurse').catch(() => undefined);
  expect(act.mock.calls[0]?.[0]).not.toBe(act.mock.calls[1]?.[0]);
});
