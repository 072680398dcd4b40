import type { ReactNode } from 'react';
import { Dialog as AriaDialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { classes } from '../lib/classes';
import styles from './Dialog.module.css';

type DialogProps = {
  title: ReactNode;
  children: ReactNode;
  onClose: () => void;
  /** Whether Escape closes it. Not while something is on its way. */
  canClose?: boolean;
  tone?: 'plain' | 'danger';
  wide?: boolean;
  alert?: boolean;
};

/** An open dialog. Whoever shows it decides when: it is there as long as it is rendered. */
export function Dialog({ title, children, onClose, canClose = true, tone = 'plain', wide = false, alert = false }: DialogProps) {
  return (
    <ModalOverlay
      isOpen
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isKeyboardDismissDisabled={!canClose}
      className={styles.overlay}
    >
      <Modal className={classes(styles.modal, wide && styles.wide, tone === 'danger' && styles.danger)}>
        <AriaDialog role={alert ? 'alertdialog' : 'dialog'} className={styles.dialog}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
