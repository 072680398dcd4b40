// react-aria brings what it says to screen readers in 34 languages. The page is in English, and so
// is all that is said of it: the others are left out of the build, and whoever has set another
// language is told in the one that the page has, as react-aria means it to be.
const spoken = /\/react-aria\/dist\/private\/intl\/[a-z]+\/(?!en-US)[a-z]{2}-[A-Z]{2}\.mjs$/;

export function english() {
  return {
    name: 'english',
    enforce: 'pre',
    load: (id) => (spoken.test(id) ? 'export default undefined;' : null),
  };
}
