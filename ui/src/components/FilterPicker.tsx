import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { ComboBox } from 'react-aria-components/ComboBox';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Text } from 'react-aria-components/Text';
import field from './Field.module.css';
import { Name } from './Name';
import styles from './Picker.module.css';

type Filter = { id: string; name: string; ipFilter: string };

type FilterPickerProps = {
  label: string;
  filters: readonly Filter[];
  value: string | null;
  onChange: (id: string | null) => void;
  none: string;
  description?: ReactNode;
  error?: string | undefined;
};

const noFilter = '';

/** One of the IP filters, found by typing its name; or none. */
export function FilterPicker({ label, filters, value, onChange, none, description, error }: FilterPickerProps) {
  const items = [{ id: noFilter, name: none, ipFilter: '' }, ...filters];
  return (
    <ComboBox
      className={field.field}
      defaultItems={items}
      value={value ?? noFilter}
      onChange={(key) => onChange(key === null || key === noFilter ? null : String(key))}
      isInvalid={error !== undefined}
      validationBehavior="aria"
      menuTrigger="focus"
    >
      <Label className={field.label}>{label}</Label>
      <div className={styles.row}>
        <Input className={`${field.input} ${styles.input}`} spellCheck="false" autoComplete="off" />
        <Button className={styles.open} aria-label="Show all">
          ▾
        </Button>
      </div>
      {description !== undefined && (
        <Text slot="description" className={field.description}>
          {description}
        </Text>
      )}
      <FieldError className={field.error}>{error}</FieldError>
      <Popover className={styles.popover}>
        <ListBox<Filter> renderEmptyState={() => <p className={styles.none}>No filter of that name.</p>}>
          {(item) => (
            <ListBoxItem id={item.id} textValue={item.name} className={styles.option}>
              <Name name={item.name} clamp />
              {item.ipFilter !== '' && <span className={styles.rule}>{item.ipFilter.replaceAll('\n', ' · ')}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
