// Moments and spans in words. Everything is in the reader's zone; the instant in UTC is offered
// beside it.

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
const count = new Intl.NumberFormat('en');
// Parts are put together here: what a locale makes of them differs from one browser's data to the
// next.
const parts = new Intl.DateTimeFormat('en-US', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

const units = [
  ['year', 365 * day],
  ['day', day],
  ['hour', hour],
  ['minute', minute],
] as const;

/**
 * "in 3 days", "12 minutes ago". The unit is the largest of which there are at least two, once
 * rounded to the next smaller one.
 */
export function distance(at: number, now: number): string {
  const ms = at - now;
  const size = Math.abs(ms);
  for (const [index, [name, length]] of units.entries()) {
    const smaller = units[index + 1]?.[1] ?? second;
    if (Math.round(size / smaller) * smaller >= 2 * length) return relative.format(Math.round(ms / length), name);
  }
  // The clock of the page goes in seconds: what has just happened may be a part of one ahead.
  if (size < 5 * second && ms < second) return 'just now';
  return relative.format(Math.round(ms / second), 'second');
}

/** As distance, of what has happened: by a clock that is behind it happened just now. */
export function distanceBack(at: number, now: number): string {
  return distance(Math.min(at, now), now);
}

/** "26 Nov 2026 14:00", in the reader's zone. */
export function exact(at: number): string {
  return isShowable(at) ? written(at, false) : 'beyond the calendar';
}

/** "26 Nov 2026": a day in UTC, which begins at this moment. */
export function dayOf(start: number): string {
  return days.format(start);
}

/** As exact, to the second: for the audit log, where order within a minute matters. */
export function exactToSecond(at: number): string {
  return isShowable(at) ? written(at, true) : 'beyond the calendar';
}

function written(at: number, seconds: boolean): string {
  const part = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  const time = `${part['hour']}:${part['minute']}${seconds ? `:${part['second']}` : ''}`;
  return `${part['day']} ${part['month']} ${part['year']} ${time}`;
}

/** "2026-11-26T13:00:00Z": the same instant for everyone. */
export function utc(at: number): string {
  return isShowable(at) ? new Date(at).toISOString().replace('.000Z', 'Z') : '';
}

function isShowable(at: number): boolean {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15;
}

/** A length of time in its largest exact unit: "90 days", "36 hours", "1 minute". */
export function span(ms: number): string {
  if (ms % day === 0) return unit(ms / day, 'day');
  if (ms % hour === 0) return unit(ms / hour, 'hour');
  if (ms % minute === 0) return unit(ms / minute, 'minute');
  return unit(Math.round(ms / second), 'second');
}

function unit(n: number, name: string): string {
  return `${count.format(n)} ${name}${n === 1 ? '' : 's'}`;
}

/** A number with its thousands set apart. */
export function number(n: number): string {
  return count.format(n);
}

/** "1 token", "1,204 tokens". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count.format(n)} ${n === 1 ? one : many}`;
}
