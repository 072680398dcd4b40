/**
 * A text as names are compared: without regard to case and to how accents are written, as the
 * server does (Unicode's canonical caseless matching, without the dot that stands on an i). Letter
 * by letter, or a sigma at the end of a word would be another one.
 */
export function fold(text: string): string {
  const folded = [...text.normalize('NFD')].map((letter) => (letter === dotless ? letter : letter.toLowerCase().toUpperCase().toLowerCase()));
  return folded.join('').replaceAll('ς', 'σ').replace(/i\u0307+/g, 'i').normalize('NFC');
}

// It has no capital of its own: that is the capital of i.
const dotless = 'ı';
