import { useGraphiQLActions, useMonaco } from '@graphiql/react';
import { useEffect, useSyncExternalStore } from 'react';

type Scheme = 'light' | 'dark';

export const editorTheme = { light: 'house-light', dark: 'house-dark' };

// The colours of src/styles/tokens.css; the editor cannot read them from there.
const palette = {
  light: {
    base: 'vs',
    panel: '#fffefb',
    high: '#ffffff',
    hover: '#efede5',
    ink: '#14171c',
    ink2: '#41474f',
    edge: '#84806f',
    accent: '#1a3cb0',
    wash: '#e8ecfa',
    select: '#cfd9f7',
    text: '#1c5539',
    number: '#6f3f00',
    wrong: '#b3261e',
  },
  dark: {
    base: 'vs-dark',
    panel: '#161b22',
    high: '#1c232c',
    hover: '#1d242d',
    ink: '#ebe8e1',
    ink2: '#b9bdc4',
    edge: '#6f7985',
    accent: '#a5b9ff',
    wash: '#1c2540',
    select: '#2c3a66',
    text: '#8ed6b0',
    number: '#f6c377',
    wrong: '#ff8a7d',
  },
} as const;

function themeOf(scheme: Scheme) {
  const c = palette[scheme];
  const token = (name: string, colour: string) => ({ token: name, foreground: colour.slice(1) });
  return {
    base: c.base,
    inherit: true,
    rules: [
      token('', c.ink),
      token('keyword', c.accent),
      token('key.identifier', c.ink),
      token('type.identifier', c.text),
      token('argument.identifier', c.number),
      token('annotation', c.number),
      token('number', c.number),
      token('string', c.text),
      token('string.key.json', c.ink),
      token('string.value.json', c.text),
      token('keyword.json', c.accent),
      token('comment', c.ink2),
      token('delimiter', c.ink2),
    ],
    colors: {
      'editor.background': '#00000000',
      'editor.foreground': c.ink,
      'editorCursor.foreground': c.accent,
      'editorLineNumber.foreground': c.ink2,
      'editorLineNumber.activeForeground': c.ink,
      'editorLineNumber.dimmedForeground': c.ink2,
      'editor.selectionBackground': c.select,
      'editor.inactiveSelectionBackground': c.wash,
      'editorBracketMatch.background': c.wash,
      'editorBracketMatch.border': c.accent,
      'editorBracketHighlight.foreground1': c.ink2,
      'editorBracketHighlight.foreground2': c.ink2,
      'editorBracketHighlight.foreground3': c.ink2,
      'editorError.foreground': c.wrong,
      'editorWidget.background': c.high,
      'editorWidget.foreground': c.ink,
      'editorWidget.border': c.edge,
      'editorHoverWidget.background': c.high,
      'editorSuggestWidget.background': c.high,
      'editorSuggestWidget.foreground': c.ink,
      'editorSuggestWidget.selectedBackground': c.wash,
      'editorSuggestWidget.selectedForeground': c.ink,
      'editorSuggestWidget.highlightForeground': c.accent,
      'editorSuggestWidget.focusHighlightForeground': c.accent,
      'input.background': c.panel,
      'list.hoverBackground': c.hover,
      'menu.background': c.high,
      'menu.foreground': c.ink,
      'menu.selectionBackground': c.wash,
      'menu.selectionForeground': c.ink,
      'quickInput.background': c.high,
      'quickInputList.focusBackground': c.wash,
      'quickInputList.focusForeground': c.ink,
      'scrollbar.shadow': '#00000000',
      'textLink.foreground': c.accent,
      'textLink.activeForeground': c.accent,
      focusBorder: c.accent,
    },
  };
}

/** Has the editors show the colours that the page has: those chosen on it, else the system's. */
export function useHouseColours(): void {
  const monaco = useMonaco((state) => state.monaco);
  const { setTheme } = useGraphiQLActions();
  const scheme = useScheme();
  useEffect(() => {
    if (!monaco) return;
    for (const each of ['light', 'dark'] as const) monaco.editor.defineTheme(editorTheme[each], themeOf(each));
    setTheme(scheme);
  }, [monaco, scheme, setTheme]);
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function useScheme(): Scheme {
  return useSyncExternalStore(subscribe, () => {
    const chosen = document.documentElement.dataset['theme'];
    if (chosen === 'light' || chosen === 'dark') return chosen;
    return dark.matches ? 'dark' : 'light';
  });
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  dark.addEventListener('change', listener);
  return () => {
    observer.disconnect();
    dark.removeEventListener('change', listener);
  };
}
