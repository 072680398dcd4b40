import { type RefObject, useEffect, useEffectEvent, useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Input } from 'react-aria-components/Input';
import { Menu, MenuItem, MenuSection } from 'react-aria-components/Menu';
import { Header } from 'react-aria-components/Header';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { TextField } from 'react-aria-components/TextField';
import { useLocation } from 'wouter';
import { Name } from '../components/Name';
import { RefusalNotice } from '../components/Notice';
import type { Early } from '../lib/early';
import { home } from '../lib/home';
import { masked } from '../lib/withoutSecret';
import dialog from '../components/Dialog.module.css';
import styles from './Command.module.css';
import { useSignOut } from './Profile';
import { useCommands } from './useCommands';

type CommandDialogProps = {
  /** What was typed before this was there. */
  early: RefObject<Early | null>;
  onClose: () => void;
  onShortcuts: () => void;
};

export default function CommandDialog({ early, onClose, onShortcuts }: CommandDialogProps) {
  const [typed, setTyped] = useState('');
  const [, navigate] = useLocation();
  const leaving = useSignOut();
  const { sections, searching } = useCommands(typed);

  const first = searching ? undefined : sections[0]?.commands[0]?.key;
  // Whether Enter was pressed after what was typed, which may be before it is known where that
  // leads.
  const [entered, setEntered] = useState(false);

  const takeEarly = () => {
    const { text, entered } = early.current?.take() ?? { text: '', entered: false };
    if (text !== '') setTyped(masked(text));
    if (entered) setEntered(true);
  };

  const act = (key: string) => {
    if (key === 'sign-out') {
      leaving.run();
      return;
    }
    onClose();
    // The explorer and the manual are documents of their own.
    if (key === 'shortcuts') onShortcuts();
    else if (key.startsWith('/docs/')) window.location.assign(home + key);
    else navigate(key);
  };

  const go = useEffectEvent(() => first !== undefined && act(first));
  const ready = entered && !searching;
  useEffect(() => {
    if (ready) go();
  }, [ready]);

  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && onClose()} className={dialog.overlay}>
      <Modal className={styles.modal}>
        <Dialog className={styles.dialog}>
          <Heading slot="title" className="sr-only">
            Go to
          </Heading>
          {/* The sections are already those that fit; nothing more is filtered away here. */}
          <Autocomplete
            inputValue={typed}
            onInputChange={(text) => {
              setTyped(masked(text));
              setEntered(false);
            }}
          >
            {/* Not a search field: there Escape would only empty it. */}
            <TextField
              aria-label="Go to a token, filter or page"
              autoFocus
              onFocus={takeEarly}
              className={styles.field}
              onKeyDown={(event) => {
                // Who types fast, or pastes, presses Enter before the list has marked its first
                // entry.
                if (event.key === 'Enter' && !event.nativeEvent.isComposing && !event.currentTarget.hasAttribute('aria-activedescendant')) setEntered(true);
                else event.continuePropagation();
              }}
            >
              <Input className={styles.input} placeholder="A token’s name or id, a filter, a page" spellCheck="false" autoComplete="off" />
            </TextField>
            <Menu
              aria-label="Where to go"
              className={styles.menu}
              onAction={(key) => act(String(key))}
              renderEmptyState={() => <p className={styles.none}>{searching ? 'Looking' : 'Nothing of that name.'}</p>}
            >
              {sections.map((section) => (
                <MenuSection key={section.title} id={section.title}>
                  <Header className={styles.title}>{section.title}</Header>
                  {section.commands.map((command) => (
                    <MenuItem key={command.key} id={command.key} textValue={command.label} className={styles.item}>
                      <Name name={command.label} clamp />
                      {command.detail !== undefined && <span className={styles.note}>{command.detail}</span>}
                    </MenuItem>
                  ))}
                </MenuSection>
              ))}
            </Menu>
          </Autocomplete>
          <RefusalNotice refusal={leaving.refusal} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
