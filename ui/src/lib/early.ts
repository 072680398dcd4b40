/** What was typed while the field for it was on its way. */
export type Early = {
  /** Ends the listening, and gives once what was typed and whether Enter came after it. */
  take: () => { text: string; entered: boolean };
};

/** Keeps the keys that are pressed from now on. Escape calls it off. */
export function listenEarly(onEscape: () => void): Early {
  let text = '';
  let entered = false;
  const heard = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === 'Escape') onEscape();
    else if (event.key === 'Enter') entered = true;
    else if (event.key === 'Backspace') text = text.slice(0, -1);
    else if ([...event.key].length === 1) {
      text += event.key;
      entered = false;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener('keydown', heard, true);
  return {
    take: () => {
      window.removeEventListener('keydown', heard, true);
      const typed = { text, entered };
      text = '';
      entered = false;
      return typed;
    },
  };
}
