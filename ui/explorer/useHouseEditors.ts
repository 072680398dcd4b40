import { useGraphiQL, useMonaco } from '@graphiql/react';
import { useEffect } from 'react';
import { names } from './panes';

// Escape closes these first.
const nothingOpen = ['suggestWidget', 'findWidget', 'parameterHints', 'editorHover', 'referenceSearch'].map((what) => `!${what}Visible`).join(' && ');

const look = {
  fontFamily: "'IBM Plex Mono', ui-monospace, monospace",
  fontSize: 14,
  lineHeight: 21,
  lineNumbersMinChars: 3,
  padding: { top: 8, bottom: 8 },
  wordWrap: 'on',
  // What an editor offers may reach over its pane.
  fixedOverflowWidgets: true,
} as const;

/**
 * Gives the editors the typeface of the house, a name, and a way out by the keyboard: in them Tab
 * indents, so Escape leaves.
 */
export function useHouseEditors(): void {
  const monaco = useMonaco((state) => state.monaco);
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const headers = useGraphiQL((state) => state.headerEditor);
  const answer = useGraphiQL((state) => state.responseEditor);
  useEffect(() => {
    if (!monaco) return;
    for (const [pane, editor] of Object.entries({ query, variables, headers, answer }) as [keyof typeof names, typeof query][]) {
      if (!editor) continue;
      editor.updateOptions({ ...look, ariaLabel: names[pane] });
      editor.addAction({
        id: 'leave',
        label: 'Leave the editor',
        keybindings: [monaco.KeyCode.Escape],
        keybindingContext: nothingOpen,
        run: () => editor.getContainerDomNode().focus(),
      });
    }
    void document.fonts.ready.then(() => monaco.editor.remeasureFonts());
  }, [monaco, query, variables, headers, answer]);
}
