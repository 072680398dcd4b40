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
  apply();
  window.addEventListener('storage', apply);
  window.addEventListener('pageshow', apply);
})();
