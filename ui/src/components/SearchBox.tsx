import type { Ref } from 'react';
import { Button } from 'react-aria-components/Button';
import { Input } from 'react-aria-components/Input';
import { SearchField } from 'react-aria-components/SearchField';
import { masked } from '../lib/withoutSecret';
import styles from './SearchBox.module.css';

type SearchBoxProps = { label: string; value: string; placeholder?: string; onChange: (value: string) => void; inputRef?: Ref<HTMLInputElement> };

export function SearchBox({ label, value, placeholder = label, onChange, inputRef }: SearchBoxProps) {
  return (
    <SearchField aria-label={label} value={value} onChange={(text) => onChange(masked(text))} className={styles.box}>
      <Input ref={inputRef} className={styles.input} placeholder={placeholder} spellCheck="false" autoComplete="off" />
      <Button className={styles.clear} aria-label="Clear">
        ✕
      </Button>
    </SearchField>
  );
}
