import type { ReactNode } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextField, type TextFieldProps } from 'react-aria-components/TextField';
import { classes } from '../lib/classes';
import styles from './Field.module.css';

type FieldProps = Omit<TextFieldProps, 'className' | 'style' | 'children'> & {
  label: ReactNode;
  description?: ReactNode;
  /** The server's sentence about this field. */
  error?: string | undefined;
  placeholder?: string;
  mono?: boolean;
};

export function Field({ label, description, error, placeholder, mono = false, ...rest }: FieldProps) {
  return (
    <TextField {...rest} className={styles.field} isInvalid={error !== undefined} validationBehavior="aria">
      <Label className={styles.label}>{label}</Label>
      <Input className={classes(styles.input, mono && styles.mono)} placeholder={placeholder} />
      {description !== undefined && (
        <Text slot="description" className={styles.description}>
          {description}
        </Text>
      )}
      <FieldError className={styles.error}>{error}</FieldError>
    </TextField>
  );
}
