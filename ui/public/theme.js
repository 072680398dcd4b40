// Before anything is painted: see src/lib/theme.ts.
(() => {
  const apply = () => {
    let theme;
    try {
      theme = localStorage.getItem('tokenscale/theme');
    } catch {
      return; // what was chosen in this window stays
    }
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  // The browser's own bar is of the band's colour, of which there is one for each scheme: the
  // chosen one holds wherever, and the other nowhere.
  const bars = [...document.querySelectorAll('meta[name="theme-color"]')].map((meta) => [meta, meta.getAttribute('media')]);
  const colour = () => {
    const { theme } = document.documentElement.dataset;
    for (const [meta, media] of bars) meta.setAttribute('media', theme === undefined ? media : media.includes(theme) ? 'all' : 'not all');
  };
  apply();
  colour();
  new MutationObserver(colour).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  window.addEventListener('storage', apply);
  window.addEventListener('pageshow', apply);
})();
