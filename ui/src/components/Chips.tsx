import { useRef } from 'react';
import { Button } from './Button';
import styles from './Chips.module.css';

type Chip = { key: string; label: string };

type ChipsProps<T extends Chip> = {
  label: string;
  chips: readonly T[];
  onRemove: (chip: T) => void;
  onClear: () => void;
  /** Takes the focus when the last one is gone. */
  onEmpty: () => void;
};

/** What narrows a list down, one by one. Pressing one takes it off. */
export function Chips<T extends Chip>({ label, chips, onRemove, onClear, onEmpty }: ChipsProps<T>) {
  const list = useRef<HTMLUListElement>(null);
  if (chips.length === 0) return null;

  const remove = (chip: T, index: number) => {
    // The button goes with the chip, and the focus must not be lost with it.
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('[data-chip]') ?? [])];
    const next = buttons[index + 1] ?? buttons[index - 1];
    if (next) next.focus();
    else onEmpty();
    onRemove(chip);
  };

  return (
    <ul ref={list} className={styles.chips} aria-label={label}>
      {chips.map((chip, index) => (
        <li key={chip.key}>
          <button type="button" data-chip className={styles.chip} aria-label={`${chip.label}: take off`} onClick={() => remove(chip, index)}>
            <bdi>{chip.label}</bdi>
            <span aria-hidden="true" className={styles.cross}>
              ✕
            </span>
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <Button
            small
            look="quiet"
            onPress={() => {
              onEmpty();
              onClear();
            }}
          >
            Clear filters
          </Button>
        </li>
      )}
    </ul>
  );
}
