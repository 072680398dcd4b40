/**
 * GraphiQL puts a button to close a tab inside what it calls a tab, where a screen reader cannot
 * reach it. What it is in truth is a list of buttons, one of them current; this says so, whenever
 * GraphiQL says otherwise. It returns its end.
 */
export function plainTabs(root: HTMLElement): () => void {
  const observer = new MutationObserver(() => sayPlainly(root));
  observer.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ['role', 'aria-selected'] });
  sayPlainly(root);
  return () => observer.disconnect();
}

function sayPlainly(root: HTMLElement): void {
  for (const tab of root.querySelectorAll('[role="tab"], .graphiql-tab[aria-selected]')) {
    const current = tab.getAttribute('aria-selected') === 'true';
    tab.removeAttribute('role');
    tab.removeAttribute('aria-selected');
    const button = tab.querySelector('button');
    if (current) button?.setAttribute('aria-current', 'page');
    else button?.removeAttribute('aria-current');
  }
  for (const list of root.querySelectorAll('ul[role="tablist"]')) list.setAttribute('role', 'list');
  for (const panel of root.querySelectorAll('[role="tabpanel"]')) panel.removeAttribute('role');
}
