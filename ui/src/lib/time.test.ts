import { describe, expect, it } from 'vitest';
import { counted, day, distance, distanceBack, exact, hour, minute, second, span, utc } from './time';

describe('distance', () => {
  const now = Date.UTC(2026, 10, 23, 12);
  it.each([
    [3 * day, 'in 3 days'],
    [12 * hour - 1, 'in 12 hours'],
    [90 * minute, 'in 90 minutes'],
    [2 * hour - 1, 'in 2 hours'],
    [2 * hour - 31 * second, 'in 119 minutes'],
    [2 * minute - 1, 'in 2 minutes'],
    [1 - 2 * day, '2 days ago'],
    [2 * 365 * day - hour, 'in 2 years'],
    [90 * second, 'in 90 seconds'],
    [-40 * minute, '40 minutes ago'],
    [-2 * second, 'just now'],
    [0.4 * second, 'just now'],
    [1.2 * second, 'in 1 second'],
    [400 * day, 'in 400 days'],
    [10 * 365 * day, 'in 10 years'],
  ])('%d ms is %s', (ms, words) => {
    expect(distance(now + ms, now)).toBe(words);
  });
});

it('puts nothing that has happened into the future, though the clock is behind', () => {
  expect(distanceBack(10 * minute, 0)).toBe('just now');
  expect(distanceBack(1.2 * second, 0)).toBe('just now');
  expect(distanceBack(0, 40 * minute)).toBe('40 minutes ago');
});

describe('span', () => {
  it.each([
    [90 * day, '90 days'],
    [36 * hour, '36 hours'],
    [90 * minute, '90 minutes'],
    [minute, '1 minute'],
    [1500, '2 seconds'],
    [3650 * day, '3,650 days'],
  ])('%d ms is %s', (ms, words) => {
    expect(span(ms)).toBe(words);
  });
});

describe('moments', () => {
  it('names the instant in UTC without needless fractions', () => {
    expect(utc(Date.UTC(2026, 10, 26, 13))).toBe('2026-11-26T13:00:00Z');
  });
  it('survives numbers that are no moment', () => {
    expect(exact(9e15)).toBe('beyond the calendar');
    expect(exact(Number.NaN)).toBe('beyond the calendar');
    expect(utc(9e15)).toBe('');
  });
  it('says the exact moment without a comma', () => {
    expect(exact(Date.UTC(2026, 10, 26, 13))).toMatch(/^2[67] Nov 2026 \d\d:\d\d$/);
  });
});

it('counts with separators', () => {
  expect(counted(1, 'token')).toBe('1 token');
  expect(counted(1_000_000, 'token')).toBe('1,000,000 tokens');
  expect(counted(2, 'policy', 'policies')).toBe('2 policies');
});
