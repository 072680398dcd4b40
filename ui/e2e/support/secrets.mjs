import assert from 'node:assert/strict';

/** Everything in the page in which a text could have stayed behind: what of it holds the text. */
export async function tracesOf(page, secret) {
  const cookies = await page.context().cookies();
  const state = await page.context().storageState();
  const inside = await page.evaluate(async (secret) => {
    const found = [];
    const look = (where, text) => text.includes(secret) && found.push(where);
    look('document', document.documentElement.outerHTML);
    for (const field of document.querySelectorAll('input, textarea')) look('a field', field.value);
    look('address', location.href);
    look('history state', JSON.stringify(history.state) ?? '');
    look('localStorage', JSON.stringify(localStorage));
    look('sessionStorage', JSON.stringify(sessionStorage));
    look('databases', JSON.stringify(await indexedDB.databases()));
    look('caches', JSON.stringify(await caches.keys()));
    look('requests', JSON.stringify(performance.getEntriesByType('resource').map((entry) => entry.name)));
    // The query and mutation caches, found through the tree of the page.
    const root = document.getElementById('root');
    let fiber = root[Object.keys(root).find((key) => key.startsWith('__reactContainer$'))];
    let client;
    while (fiber && !client) {
      client = fiber.memoizedProps?.client;
      fiber = fiber.child;
    }
    if (!client) found.push('no query client found to look into');
    else {
      look('query cache', JSON.stringify(client.getQueryCache().getAll().map((query) => [query.queryKey, query.state])));
      look('mutation cache', JSON.stringify(client.getMutationCache().getAll().map((mutation) => mutation.state)));
    }
    return { found, local: localStorage.length, session: sessionStorage.length };
  }, secret);
  if (JSON.stringify([cookies, state]).includes(secret)) inside.found.push('cookies');
  assert.equal(inside.local + inside.session, 0, 'something is in the storage of the browser');
  return inside.found;
}
