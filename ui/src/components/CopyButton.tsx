import { useEffect, useState } from 'react';
import { Button } from './Button';

type CopyState = 'idle' | 'copied' | 'failed';

type CopyButtonProps = { text: string; label?: string; look?: 'plain' | 'primary'; small?: boolean; autoFocus?: boolean; onCopied?: () => void };

/** Puts a text into the clipboard, and says whether that worked. */
export function CopyButton({ text, label = 'Copy', look = 'plain', small = false, autoFocus = false, onCopied }: CopyButtonProps) {
  const [state, setState] = useState<CopyState>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 4000);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
      onCopied?.();
    } catch {
      setState('failed');
    }
  };

  return (
    <>
      <Button look={look} small={small} autoFocus={autoFocus} onPress={() => void copy()}>
        {state === 'copied' ? 'Copied' : state === 'failed' ? 'Select it and press Ctrl C' : label}
      </Button>
      <span role="status" className="sr-only">
        {state === 'copied' ? 'Copied' : state === 'failed' ? 'The browser did not let the page copy. Select the text and press Ctrl C.' : ''}
      </span>
    </>
  );
}
