import { expect, it } from 'vitest';
import { cursorOf, placeOf } from './place';

const place = (query: string, page = 1) => placeOf(cursorOf(new URLSearchParams(query)), page, 50);

it('counts pages from the beginning where there is no cursor', () => {
  expect(place('')).toEqual({ skip: 0 });
  expect(place('page=3', 3)).toEqual({ skip: 100 });
});

it('goes on behind a cursor, whatever page it is called', () => {
  expect(place('after=AbC-_9&page=3', 3)).toEqual({ skip: 0, after: 'AbC-_9' });
});

it.each(['after=', 'after=a%20b', 'after=abc~def', `after=${'A'.repeat(5000)}`])('sends nothing of %.20s, and begins at the beginning', (query) => {
  expect(cursorOf(new URLSearchParams(query)).sound).toBe(false);
  expect(place(query, 7)).toEqual({ skip: 0 });
});
