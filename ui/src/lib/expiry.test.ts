import { describe, expect, it } from 'vitest';
import { endOf, expiryInput, localValue, rulerPosition, rulerText, stops } from './expiry';
import { day, hour, minute } from './time';

const now = Date.UTC(2026, 10, 23, 12);

describe('endOf', () => {
  it('counts from now', () => {
    expect(endOf({ mode: 'after', amount: 12, unit: 'Hours' }, now)).toBe(now + 12 * hour);
    expect(endOf({ mode: 'after', amount: 15, unit: 'Minutes' }, now)).toBe(now + 15 * minute);
  });
  it('is nothing for never and for a field not filled in', () => {
    expect(endOf({ mode: 'never' }, now)).toBeNull();
    for (const amount of [Number.NaN, 0, -5, 1.5]) expect(endOf({ mode: 'after', amount, unit: 'Days' }, now)).toBeNull();
    expect(endOf({ mode: 'at', local: '' }, now)).toBeNull();
  });
  it('reads a date in the zone in which localValue writes it', () => {
    expect(endOf({ mode: 'at', local: localValue(now) }, 0)).toBe(now);
  });
});

describe('expiryInput', () => {
  it('gives a length or a moment, never both', () => {
    expect(expiryInput({ mode: 'never' })).toEqual({});
    expect(expiryInput({ mode: 'after', amount: 2, unit: 'Days' })).toEqual({ expiresIn: { amount: 2, unit: 'Days' } });
    expect(expiryInput({ mode: 'at', local: localValue(now) })).toEqual({ expireAt: now });
  });
});

it('refuses what cannot be read, since a token that never ends is another wish', () => {
  for (const amount of [Number.NaN, 0, -5, 1.5]) expect(() => expiryInput({ mode: 'after', amount, unit: 'Days' })).toThrow(/nothing that can be read/);
  for (const local of ['', 'x']) expect(() => expiryInput({ mode: 'at', local })).toThrow(/nothing that can be read/);
});

describe('the ruler', () => {
  it('has its marks in order and apart', () => {
    const places = stops.map((stop) => rulerPosition(stop.ms));
    for (let i = 1; i < places.length; i++) expect((places[i] ?? 0) - (places[i - 1] ?? 0)).toBeGreaterThan(0.04);
  });
  it('clamps what lies off its ends', () => {
    expect(rulerPosition(1)).toBe(0);
    expect(rulerPosition(10_000 * day)).toBe(1);
  });
  it('says why a life is too long', () => {
    expect(rulerText({ mode: 'after', amount: 91, unit: 'Days' }, 90 * day, now)).toContain('beyond the maximum');
    expect(rulerText({ mode: 'never' }, null, now)).toBe('Never ends. No maximum is set.');
  });
});
