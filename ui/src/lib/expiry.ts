// The expiry of a token to be made, as the form holds it, and the ruler that shows it.

import { isAmount, unread } from './amount';
import { day, exact, hour, minute, span } from './time';

export type ExpirationUnit = 'Minutes' | 'Hours' | 'Days';

export type ExpiryChoice =
  | { mode: 'never' }
  | { mode: 'after'; amount: number; unit: ExpirationUnit }
  | { mode: 'at'; local: string };

export const unitMs: Readonly<Record<ExpirationUnit, number>> = { Minutes: minute, Hours: hour, Days: day };

/** When the choice ends, counted from now; null for never or for what is not filled in yet. */
export function endOf(choice: ExpiryChoice, now: number): number | null {
  switch (choice.mode) {
    case 'never':
      return null;
    case 'after':
      return isAmount(choice.amount) ? now + choice.amount * unitMs[choice.unit] : null;
    case 'at': {
      // A date and time without a zone is read in the reader's zone.
      const at = new Date(choice.local).getTime();
      return Number.isNaN(at) ? null : at;
    }
  }
}

/**
 * The part of the input that says when the token ends. Throws a refusal of what cannot be read: a
 * token that never ends is one that was asked for.
 */
export function expiryInput(choice: ExpiryChoice): { expireAt?: number; expiresIn?: { amount: number; unit: ExpirationUnit } } {
  switch (choice.mode) {
    case 'never':
      return {};
    case 'after':
      if (!isAmount(choice.amount)) throw unread('expiresIn');
      return { expiresIn: { amount: choice.amount, unit: choice.unit } };
    case 'at': {
      const expireAt = endOf(choice, 0);
      if (expireAt === null) throw unread('expireAt', 'Type the whole date and time.');
      return { expireAt };
    }
  }
}

/** The value of a date field, in the reader's zone, for a moment. */
export function localValue(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export type Stop = { label: string; amount: number; unit: ExpirationUnit; ms: number };

const stop = (label: string, amount: number, unit: ExpirationUnit): Stop => ({ label, amount, unit, ms: amount * unitMs[unit] });

/** The marks of the ruler: lives that people choose, from a job of minutes to a year. */
export const stops: readonly Stop[] = [
  stop('15 min', 15, 'Minutes'),
  stop('1 h', 1, 'Hours'),
  stop('12 h', 12, 'Hours'),
  stop('1 d', 1, 'Days'),
  stop('7 d', 7, 'Days'),
  stop('30 d', 30, 'Days'),
  stop('90 d', 90, 'Days'),
  stop('1 y', 365, 'Days'),
];

/**
 * Where a length of time stands on the ruler, 0 to 1. Its scale is logarithmic: minutes and years
 * both have room.
 */
export function rulerPosition(ms: number): number {
  const low = Math.log(5 * minute);
  const high = Math.log(600 * day);
  return Math.min(1, Math.max(0, (Math.log(Math.max(1, ms)) - low) / (high - low)));
}

/** The ruler as a sentence. */
export function rulerText(choice: ExpiryChoice, maximumMs: number | null, now: number): string {
  const end = endOf(choice, now);
  const limit = maximumMs === null ? 'No maximum is set.' : `The maximum is ${span(maximumMs)}, ${exact(now + maximumMs)}.`;
  if (end === null) return choice.mode === 'never' && maximumMs === null ? `Never ends. ${limit}` : limit;
  return maximumMs !== null && end > now + maximumMs ? `Ends ${exact(end)}, beyond the maximum. ${limit}` : `Ends ${exact(end)}. ${limit}`;
}
