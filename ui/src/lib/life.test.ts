import { describe, expect, it } from 'vitest';
import { lifeLine, lifeText } from './life';
import { day, hour, minute } from './time';

const now = Date.UTC(2026, 10, 23, 12);

describe('lifeLine', () => {
  it('fills the part that is lived', () => {
    const line = lifeLine({ createdAt: now - 30 * day, expireAt: now + 90 * day, maximumMs: null }, now);
    expect(line).toEqual({ state: 'living', lived: 0.25, end: 1, maximum: null });
  });

  it('draws the maximum as a tick beyond the end', () => {
    const line = lifeLine({ createdAt: now, expireAt: now + 45 * day, maximumMs: 90 * day }, now);
    expect(line).toMatchObject({ lived: 0, end: 0.5, maximum: 1 });
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
    expect(old.state).toBe('open');
    expect(old.lived).toBeLessThan(1);
  });

  it.each([
    [90 * day, 8 * day, 'living'],
    [90 * day, 7 * day, 'soon'],
    [4 * day, 1 * day, 'soon'],
    [4 * day, 2 * day, 'living'],
    [2 * hour, 59 * minute, 'soon'],
    [2 * hour, 0, 'dead'],
    [2 * hour, -1 * minute, 'dead'],
  ] as const)('a life of %d with %d left is %s', (length, left, state) => {
    expect(lifeLine({ createdAt: now + left - length, expireAt: now + left, maximumMs: null }, now).state).toBe(state);
  });

  it('survives a clock that is behind the server', () => {
    expect(lifeLine({ createdAt: now + 5000, expireAt: now + day, maximumMs: null }, now).lived).toBe(0);
  });
});

describe('lifeText', () => {
  it('says what the line shows', () => {
    expect(lifeText({ createdAt: now - day, expireAt: now + 3 * day, maximumMs: 90 * day }, now)).toBe(
      'Expires in 3 days, 25 % of its life is over. The policy allows 90 days.',
    );
    expect(lifeText({ createdAt: now, expireAt: null, maximumMs: null }, now)).toBe('Never expires.');
    expect(lifeText({ createdAt: now - day, expireAt: now - 2 * hour, maximumMs: null }, now)).toBe('Expired 2 hours ago.');
  });
});
