import { beforeEach, describe, expect, test, vi } from 'vitest';

beforeEach(() => {
  sessionStorage.clear();
  vi.resetModules(); // what was typed lives as long as the document
});

const typed = { active: 0, tabs: [{ query: '{ viewer { username } }', variables: '', headers: '{"Authorization": "Bearer of-ada"}' }] };

describe('what was typed', () => {
  test.each([
    ['is there again for who typed it', 'ada', 'ada', typed.tabs[0]?.headers],
    ['is there for who signs in afterwards', '', 'ada', typed.tabs[0]?.headers],
    ['is there for another identity, but without the headers', 'ada', 'bob', ''],
    ['is there after signing out elsewhere, but without the headers', 'ada', '', ''],
  ])('%s', async (_, owner, next, headers) => {
    const { draftsOf, keepDrafts } = await import('./drafts');
    keepDrafts(owner, typed);
    expect(draftsOf(next).tabs).toEqual([{ ...typed.tabs[0], headers }]);
  });

  test('is not kept any more by a document that was left', async () => {
    const { keepDrafts } = await import('./drafts');
    const { leaveExplorerDrafts } = await import('../src/lib/explorerDrafts');
    keepDrafts('ada', typed);
    expect(sessionStorage.length).toBe(1);
    leaveExplorerDrafts();
    keepDrafts('ada', typed);
    expect(sessionStorage.length).toBe(0);
  });
});
