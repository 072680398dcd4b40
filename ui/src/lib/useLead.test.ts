import { afterEach, expect, it } from 'vitest';
import { leadToField } from './useLead';

afterEach(() => document.body.replaceChildren());

function form(html: string): HTMLElement {
  document.body.innerHTML = `<form>${html}</form>`;
  return document.body.firstElementChild as HTMLElement;
}

it.each([
  ['<input id="a"><input id="b" aria-invalid="true"><input id="c" aria-invalid="true">', 'b'],
  ['<div data-refused="true"><input type="search" id="a"><input type="checkbox" disabled id="b"><input type="checkbox" id="c"></div><input aria-invalid="true">', 'c'],
  ['<details><summary>More</summary><input id="a" aria-invalid="true"></details>', 'a'],
])('leads to the first bad field of %s', (html, id) => {
  expect(leadToField(form(html))).toBe(true);
  expect(document.activeElement?.id).toBe(id);
});

it('opens what hides the field', () => {
  leadToField(form('<details><summary>More</summary><input aria-invalid="true"></details>'));
  expect(document.querySelector('details')?.open).toBe(true);
});

it('leads nowhere when no field is bad', () => {
  expect(leadToField(form('<input aria-invalid="false" autofocus>'))).toBe(false);
});
