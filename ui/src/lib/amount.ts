// What is typed into a field for an amount of time. That a token may live so long is for the server
// to say; what no number can be read from never comes to it.

import { Refusal } from './refusal';

/** The sentence beside a field that holds no such number. */
export const notAnAmount = 'Type a whole number, 1 or more.';

/** Whether an amount is one that can be asked for. */
export function isAmount(amount: number): boolean {
  return Number.isSafeInteger(amount) && amount >= 1;
}

/** The refusal of a form whose field holds none. */
export function unread(field: string, sentence = notAnAmount): Refusal {
  return new Refusal('refused', 'Nothing was changed: a field holds nothing that can be read.', { fields: { [field]: sentence } });
}
