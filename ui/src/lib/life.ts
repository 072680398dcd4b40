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

/** Whether it ends within 24 hours or 7 days is the same for every token, however long it lives. */
export type LifeState = 'living' | 'week' | 'day' | 'open' | 'dead';

export type LifeLine = {
  state: LifeState;
  /** Where it was created, 0 to 1; null when that lies before the line. */
  start: number | null;
  /** Where the present stands, 0 to 1. */
  now: number;
  /** Where the part that is lived begins and ends, 0 to 1. */
  lived: readonly [from: number, to: number];
  /** Where it ends, 0 to 1; null when that lies beyond the line, or it never ends. */
  end: number | null;
  /**
   * Where the policy's maximum stands, 0 to 1; null when there is none, or it lies off the line.
   */
  maximum: number | null;
};

/** A scale that lines share: so much lies ahead of the present, and half of that behind it. */
export type LifeScale = { name: string; label: string; aheadMs: number };

export const lifeScales: readonly [LifeScale, ...LifeScale[]] = [
  { name: 'month', label: '30 days', aheadMs: 30 * day },
  { name: 'year', label: 'a year', aheadMs: 365 * day },
];

/** The scale of this name; the first one for a name that makes no sense. */
export function lifeScaleOf(name: string | null): LifeScale {
  return lifeScales.find((scale) => scale.name === name) ?? lifeScales[0];
}

/** What the URL says for a scale; nothing for the first. */
export function lifeScaleName(scale: LifeScale): string | null {
  return scale === lifeScales[0] ? null : scale.name;
}

/** The line of a life that stands alone: it is as long as the life. */
export function lifeLine(life: Life, now: number): LifeLine {
  const { createdAt, expireAt, maximumMs } = life;
  const age = Math.max(0, now - createdAt);
  if (expireAt === null) {
    // An open end has no whole to be a part of: the lived part grows ever slower and never reaches
    // the end.
    const lived = age / (age + 90 * day);
    return { state: 'open', start: 0, now: lived, lived: [0, lived], end: null, maximum: null };
  }
  const length = Math.max(1, expireAt - createdAt);
  // A maximum far beyond the end would press the life itself into a corner; then it is left off.
  const maximum = maximumMs !== null && maximumMs <= 2.5 * length ? maximumMs : null;
  const whole = Math.max(length, maximum ?? 0);
  const lived = Math.min(age, length) / whole;
  return { state: stateOf(expireAt, now), start: 0, now: lived, lived: [0, lived], end: length / whole, maximum: maximum === null ? null : maximum / whole };
}

/** The line of a life among others: the present stands at the same place in each of them. */
export function lifeLineOn(scale: LifeScale, { createdAt, expireAt, maximumMs }: Life, now: number): LifeLine {
  const whole = 1.5 * scale.aheadMs;
  const from = now - scale.aheadMs / 2;
  const place = (moment: number) => (moment - from) / whole;
  const onLine = (moment: number | null) => (moment !== null && place(moment) >= 0 && place(moment) <= 1 ? place(moment) : null);
  const within = (moment: number) => Math.min(1, Math.max(0, place(moment)));
  return {
    state: expireAt === null ? 'open' : stateOf(expireAt, now),
    start: onLine(Math.min(createdAt, now)),
    now: place(now),
    lived: [within(Math.min(createdAt, now)), within(Math.min(now, expireAt ?? now))],
    end: onLine(expireAt),
    maximum: maximumMs === null ? null : onLine(createdAt + maximumMs),
  };
}

export function stateOf(expireAt: number, now: number): LifeState {
  const left = expireAt - now;
  if (left <= 0) return 'dead';
  if (left <= 24 * hour) return 'day';
  return left <= 7 * day ? 'week' : 'living';
}

/** The same as a sentence, for those who do not see the line. */
export function lifeText({ createdAt, expireAt, maximumMs }: Life, now: number): string {
  const limit = maximumMs === null ? '' : ` The policy allows ${span(maximumMs)}.`;
  if (expireAt === null) return `Never expires.${limit}`;
  if (expireAt <= now) return `Expired ${distance(expireAt, now)}.`;
  const part = Math.min(100, Math.max(0, Math.round((100 * (now - createdAt)) / Math.max(1, expireAt - createdAt))));
  return `Expires ${distance(expireAt, now)}${soonText[stateOf(expireAt, now)] ?? ''}, ${part} % of its life is over.${limit}`;
}

const soonText: Readonly<Partial<Record<LifeState, string>>> = { day: ', within 24 hours', week: ', within 7 days' };
