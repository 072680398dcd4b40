import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

type Graph = Map<string, Set<string>>;

/** Which file of ours imports which, types included. */
function imports(): Graph {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !/\.test\.|\.d\.ts$|^api\/gen\//.test(name));
  const named = (from: string, to: string) => [`${to}.ts`, `${to}.tsx`].find((name) => files.includes(name)) ?? (to.startsWith('api/gen') || to.endsWith('.css') ? undefined : expect.unreachable(`${from} imports ${to}`));
  return new Map(
    files.map((from) => {
      const found = readFileSync(join('src', from), 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']*)'/g);
      return [from, new Set([...found].flatMap(([, to]) => named(from, normalize(join(dirname(from), to!))) ?? []))];
    }),
  );
}

/** The same between folders. */
function folders(files: Graph): Graph {
  const between: Graph = new Map();
  for (const [from, targets] of files) {
    for (const to of targets) {
      if (dirname(from) === dirname(to)) continue;
      between.set(dirname(from), (between.get(dirname(from)) ?? new Set()).add(dirname(to)));
    }
  }
  return between;
}

/** The first way that leads back to where it began. */
function circle(graph: Graph): string[] {
  const done = new Set<string>();
  const walk = (node: string, way: string[]): string[] => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const found = walk(next, [...way, node]);
      if (found.length > 0) return found;
    }
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const found = walk(node, []);
    if (found.length > 0) return found;
  }
  return [];
}

const files = imports();

it('finds all files, and the way around a circle', () => {
  expect(files.size).toBeGreaterThan(120);
  expect(files.get('pages/tokens/Tokens.tsx')).toContain('components/Pager.tsx');
  const way = new Map([['a', new Set(['b'])], ['b', new Set(['c'])], ['c', new Set(['b'])]]);
  expect(circle(way)).toEqual(['b', 'c', 'b']);
});

it('no file imports itself on a way around', () => expect(circle(files)).toEqual([]));

it('no folder does, but for the root, which puts the others together', () => expect(circle(folders(files))).toEqual([]));

it('components take plain types', () => {
  const known = [...files].filter(([from]) => from.startsWith('components/')).flatMap(([, to]) => [...to]);
  expect(known.filter((to) => !/^(?:components|lib)\//.test(to))).toEqual([]);
});
