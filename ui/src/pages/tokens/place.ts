/** Where in the list the URL is: behind a cursor, or so many pages from the beginning. */
export type Place = { skip: number; after?: string };

export type Cursor = { after: string | null; sound: boolean };

/**
 * The cursor in the URL. One that no server can have given, such as half of a cut link or something
 * pasted by mistake, is not sent.
 */
export function cursorOf(params: URLSearchParams): Cursor {
  const after = params.get('after');
  return { after, sound: after !== null && /^[\w-]{1,4000}$/.test(after) };
}

export function placeOf(cursor: Cursor, page: number, size: number): Place {
  return cursor.after !== null && cursor.sound ? { skip: 0, after: cursor.after } : { skip: cursor.after === null ? (page - 1) * size : 0 };
}
