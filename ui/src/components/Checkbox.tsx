import type { ReactNode } from 'react';
import { Checkbox as AriaCheckbox, type CheckboxProps as AriaProps } from 'react-aria-components/Checkbox';
import { Radio as AriaRadio } from 'react-aria-components/RadioGroup';
import { Switch as AriaSwitch } from 'react-aria-components/Switch';
import { classes } from '../lib/classes';
import styles from './Checkbox.module.css';

type CheckboxProps = Omit<AriaProps, 'className' | 'style' | 'children'> & { children: ReactNode };

export function Checkbox({ children, ...rest }: CheckboxProps) {
  return (
    <AriaCheckbox {...rest} className={styles.checkbox}>
      {({ isIndeterminate, isSelected }) => (
        <>
          <span className={styles.mark} aria-hidden="true">
            {isIndeterminate ? '–' : isSelected ? '✓' : ''}
          </span>
          <span className={styles.text}>{children}</span>
        </>
      )}
    </AriaCheckbox>
  );
}

export function Radio({ value, children }: { value: string; children: ReactNode }) {
  return (
    <AriaRadio value={value} className={styles.checkbox}>
      {({ isSelected }) => (
        <>
          <span className={classes(styles.mark, styles.radioMark)} aria-hidden="true">
            {isSelected ? '●' : ''}
          </span>
          <span className={styles.text}>{children}</span>
        </>
      )}
    </AriaRadio>
  );
}

type SwitchProps = { isSelected: boolean; isDisabled?: boolean; onChange: (on: boolean) => void; children: ReactNode; description?: ReactNode };

export function Switch({ children, description, ...rest }: SwitchProps) {
  return (
    <AriaSwitch {...rest} className={classes(styles.checkbox, styles.switch)}>
      <span className={styles.switchMark} aria-hidden="true" />
      <span className={styles.text}>
        {children}
        {description !== undefined && <span className={styles.description}>{description}</span>}
      </span>
    </AriaSwitch>
  );
}
