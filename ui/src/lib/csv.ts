// Rows for a spreadsheet, by RFC 4180. Some spreadsheets take a cell that begins with one of these
// for a formula, and carry it out.
const formula = /^[=+\-@\t\r]/;

/** A cell that is text and nothing else. */
export function cell(value: string): string {
  const harmless = formula.test(value) ? `'${value}` : value;
  return `"${harmless.replaceAll('"', '""')}"`;
}

export function line(values: readonly string[]): string {
  return `${values.map(cell).join(',')}\r\n`;
}
