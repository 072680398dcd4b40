// The life line: where a token stands between its creation and its end. Pure geometry, so that it
// can be tested.

import { day, distance, hour, span } from './time';

export type Life = {
  createdAt: number;
  /** Null when it never ends. */
  expireAt: number | null;
  /** The longest life that the policy allows, in milliseconds; null for no limit. */
  maximumMs: number | null;
};

export type LifeState = 'living' | 'soon' | 'open' | 'dead';

export type LifeLine = {
  state: LifeState;
  /** How much of the line is lived, 0 to 1. */
  lived: number;
  /** Where the line ends, 0 to 1; 1 for an open end. */
  end: number;
  /**
   * Where the policy's maximum stands, 0 to 1; null when there is none, or it lies off the line.
   */
  maximum: number | null;
};

export function lifeLine({ createdAt, expireAt, maximumMs }: Life, now: number): LifeLine {
  const age = Math.max(0, now - createdAt);
  if (expireAt === null) {
    // An open end has no whole to be a part of: the lived part grows ever slower and never reaches
    // the end.
    return { state: 'open', lived: age / (age + 90 * day), end: 1, maximum: null };
  }
  const length = Math.max(1, expireAt - createdAt);
  // A maximum far beyond the end would press the life itself into a corner; then it is left off.
  const maximum = maximumMs !== null && maximumMs <= 2.5 * length ? maximumMs : null;
  const whole = Math.max(length, maximum ?? 0);
  return {
    state: stateOf(expireAt, length, now),
    lived: Math.min(age, length) / whole,
    end: length / whole,
    maximum: maximum === null ? null : maximum / whole,
  };
}

/** Soon is the last quarter of a life, but never more than a week, and always the last hour. */
function stateOf(expireAt: number, length: number, now: number): LifeState {
  const left = expireAt - now;
  if (left <= 0) return 'dead';
  return left <= Math.max(hour, Math.min(7 * day, length / 4)) ? 'soon' : 'living';
}

/** The same as a sentence, for those who do not see the line. */
export function lifeText({ createdAt, expireAt, maximumMs }: Life, now: number): string {
  const limit = maximumMs === null ? '' : ` The policy allows ${span(maximumMs)}.`;
  if (expireAt === null) return `Never expires.${limit}`;
  if (expireAt <= now) return `Expired ${distance(expireAt, now)}.`;
  const part = Math.min(100, Math.max(0, Math.round((100 * (now - createdAt)) / Math.max(1, expireAt - createdAt))));
  return `Expires ${distance(expireAt, now)}, ${part} % of its life is over.${limit}`;
}
