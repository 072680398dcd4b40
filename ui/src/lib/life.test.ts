import { describe, expect, it } from 'vitest';
import { lifeLine, lifeLineOn, lifeScaleName, lifeScaleOf, lifeScales, lifeText, stateOf } from './life';
import { day, hour, minute } from './time';

const now = Date.UTC(2026, 10, 23, 12);

describe('lifeLine', () => {
  it('fills the part that is lived', () => {
    const line = lifeLine({ createdAt: now - 30 * day, expireAt: now + 90 * day, maximumMs: null }, now);
    expect(line).toEqual({ state: 'living', start: 0, now: 0.25, lived: [0, 0.25], end: 1, maximum: null });
  });

  it('draws the maximum as a tick beyond the end', () => {
    const line = lifeLine({ createdAt: now, expireAt: now + 45 * day, maximumMs: 90 * day }, now);
    expect(line).toMatchObject({ lived: [0, 0], end: 0.5, maximum: 1 });
  });

  it('leaves a far maximum off, so that a short life stays readable', () => {
    const line = lifeLine({ createdAt: now, expireAt: now + 12 * hour, maximumMs: 90 * day }, now);
    expect(line).toMatchObject({ end: 1, maximum: null });
  });

  it('keeps the maximum on the line when the life exceeds it', () => {
    const line = lifeLine({ createdAt: now, expireAt: now + 100 * day, maximumMs: 50 * day }, now);
    expect(line).toMatchObject({ end: 1, maximum: 0.5 });
  });

  it('never fills an open end', () => {
    const old = lifeLine({ createdAt: now - 5000 * day, expireAt: null, maximumMs: null }, now);
    expect(old).toMatchObject({ state: 'open', end: null });
    expect(old.now).toBeLessThan(1);
  });

  it('survives a clock that is behind the server', () => {
    expect(lifeLine({ createdAt: now + 5000, expireAt: now + day, maximumMs: null }, now).lived).toEqual([0, 0]);
  });
});

describe('lifeLineOn', () => {
  const [month, year] = lifeScales as unknown as [typeof lifeScales[0], typeof lifeScales[0]];
  const life = (createdAt: number, expireAt: number | null, maximumMs: number | null = null) => ({ createdAt, expireAt, maximumMs });

  it('has the present at one place, whatever the life', () => {
    for (const scale of lifeScales) {
      for (const [from, to] of [[-1, 1], [-400, 3], [0, 2000], [-90, -1]] as const) {
        expect(lifeLineOn(scale, life(now + from * day, now + to * day), now).now).toBeCloseTo(1 / 3);
      }
    }
  });

  it('draws a day as long on one line as on the other', () => {
    const place = (days: number, createdAt: number) => lifeLineOn(month, life(createdAt, now + days * day), now).end ?? NaN;
    expect(place(20, now - 5 * day) - place(10, now - 200 * day)).toBeCloseTo(10 / 45);
  });

  it('lets a life that is longer than the scale leave it on both sides', () => {
    const line = lifeLineOn(month, life(now - 100 * day, now + 100 * day), now);
    expect(line).toMatchObject({ state: 'living', start: null, end: null });
    expect(line.lived[0]).toBe(0);
    const inYear = lifeLineOn(year, life(now - 100 * day, now + 100 * day), now);
    expect(inYear.start).toBeCloseTo((182.5 - 100) / 547.5);
    expect(inYear.end).toBeCloseTo((182.5 + 100) / 547.5);
  });

  it('ends the lived part of an ended life at its end', () => {
    const line = lifeLineOn(month, life(now - 10 * day, now - 3 * day), now);
    expect(line.state).toBe('dead');
    expect(line.lived[1]).toBeCloseTo(line.end ?? NaN);
    expect(line.lived[1]).toBeLessThan(line.now);
  });

  it('draws the maximum where it is on the line', () => {
    expect(lifeLineOn(month, life(now, now + day, 15 * day), now).maximum).toBeCloseTo(30 / 45);
    expect(lifeLineOn(month, life(now, now + day, 90 * day), now).maximum).toBeNull();
  });

  it('survives a clock that is behind the server', () => {
    const line = lifeLineOn(month, life(now + 5000, now + day), now);
    expect(line.lived[0]).toBe(line.lived[1]);
  });
});

it.each([
  [8 * day, 'living'],
  [7 * day + minute, 'living'],
  [7 * day, 'week'],
  [24 * hour + 1, 'week'],
  [24 * hour, 'day'],
  [1, 'day'],
  [0, 'dead'],
  [-1 * minute, 'dead'],
] as const)('with %d left a life is %s, however long it was', (left, state) => {
  expect(stateOf(now + left, now)).toBe(state);
});

it('keeps the scale in the URL, and takes the first for what it does not know', () => {
  for (const scale of lifeScales) expect(lifeScaleOf(lifeScaleName(scale))).toBe(scale);
  expect(lifeScaleOf('century')).toBe(lifeScales[0]);
  expect(lifeScaleOf(null)).toBe(lifeScales[0]);
});

describe('lifeText', () => {
  it('says what the line shows', () => {
    expect(lifeText({ createdAt: now - day, expireAt: now + 30 * day, maximumMs: 90 * day }, now)).toBe(
      'Expires in 30 days, 3 % of its life is over. The policy allows 90 days.',
    );
    expect(lifeText({ createdAt: now - day, expireAt: now + 3 * day, maximumMs: null }, now)).toBe('Expires in 3 days, within 7 days, 25 % of its life is over.');
    expect(lifeText({ createdAt: now - hour, expireAt: now + 3 * hour, maximumMs: null }, now)).toBe('Expires in 3 hours, within 24 hours, 25 % of its life is over.');
    expect(lifeText({ createdAt: now, expireAt: null, maximumMs: null }, now)).toBe('Never expires.');
    expect(lifeText({ createdAt: now - day, expireAt: now - 2 * hour, maximumMs: null }, now)).toBe('Expired 2 hours ago.');
  });
});
