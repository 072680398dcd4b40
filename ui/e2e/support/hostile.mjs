// Names that people and machines give when they mean harm, or only write in another script.
const seeds = [
  '<script>window.hit=1</script>',
  '<img src=x onerror="window.hit=1">',
  '"><svg onload=window.hit=1>',
  "'; DROP TABLE tokens; --",
  'javascript:alert(1)',
  '{{constructor.constructor("window.hit=1")()}}',
  '${7*7}',
  '%00%0a%0d',
  '../../../../etc/passwd',
  'نسخ احتياطي يومي',
  'גיבוי לילי',
  'exe\u202egnp.token',
  'a\u200bb\u2060c\ufeffd',
  '\u2066isolated\u2069',
  'Z\u0351\u036b\u0343\u0363\u034e\u0325a\u0321\u034elgo',
  '👩‍👩‍👧‍👦 family 🏴‍☠️',
  '日本語のトークン名',
  'ﷺ'.repeat(20),
  'W'.repeat(253),
  'no-break-'.repeat(28),
  'word '.repeat(50).trim(),
  '-'.repeat(253),
  '&lt;b&gt;&amp;',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '#fragment?query=1&x=2',
  'tab or space　wide',
  'аdmin tоken', // with Cyrillic letters in it
  '=cmd|"/C calc"!A0',
];

export function hostileNames(count) {
  return Array.from({ length: count }, (_, i) => {
    const seed = seeds[i % seeds.length];
    const round = Math.floor(i / seeds.length);
    return round === 0 ? seed : [...seed].slice(0, 240).join('').slice(0, 240).concat(` ${round}`);
  });
}
