import { Button } from '../components/Button';
import { Dialog, DialogActions } from '../components/Dialog';
import { chooseSingleKeys, isSingle, useShortcut, useSingleKeys } from '../lib/shortcuts';
import styles from './Profile.module.css';

export type Shortcut = { keys: readonly string[]; does: string };

const shortcuts: readonly Shortcut[] = [
  { keys: ['Ctrl K', '⌘ K', '/'], does: 'Go to a token, filter or page' },
  { keys: ['?'], does: 'Show these shortcuts' },
  { keys: ['Esc'], does: 'Close what stands over the page, or empty the search' },
  { keys: ['↑', '↓'], does: 'Move among choices; Enter takes one' },
];

/**
 * Shows what the keyboard can do, also when `?` is pressed. As a file that comes when it is needed
 * it would be more to load: it would split what others share.
 */
export function Shortcuts({ open, onOpenChange, more }: { open: boolean; onOpenChange: (open: boolean) => void; more: readonly Shortcut[] }) {
  useShortcut((event) => isSingle(event, '?'), () => onOpenChange(true));
  return open && <ShortcutsDialog more={more} onClose={() => onOpenChange(false)} />;
}

function ShortcutsDialog({ more, onClose }: { more: readonly Shortcut[]; onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className={styles.shortcuts}>
        {[...shortcuts, ...more].map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((name, index) => (
                <span key={name}>
                  {index > 0 && ' or '}
                  <kbd>{name}</kbd>
                </span>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className={styles.single}>
        <input type="checkbox" checked={useSingleKeys()} onChange={(event) => chooseSingleKeys(event.target.checked)} />
        <span>
          Single keys, <kbd>/</kbd> and <kbd>?</kbd>, do something. They never do while you type; turn them off if you dictate, or press them by accident.
        </span>
      </label>
      <DialogActions>
        <Button onPress={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
