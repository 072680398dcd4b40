import { Label } from 'react-aria-components/Label';
import { RadioGroup } from 'react-aria-components/RadioGroup';
import { Radio } from '../components/Checkbox';
import { chooseTheme, type Theme, useTheme } from '../lib/theme';
import styles from './Profile.module.css';

/** Light, dark, or as the system is. It is chosen by seeing it, so no button saves it. */
export function ThemeChoice() {
  return (
    <RadioGroup value={useTheme()} onChange={(theme) => chooseTheme(theme as Theme)} orientation="horizontal" className={styles.theme}>
      <Label className={styles.label}>Colours</Label>
      <div className={styles.themes}>
        <Radio value="system">System</Radio>
        <Radio value="light">Light</Radio>
        <Radio value="dark">Dark</Radio>
      </div>
      <p className={styles.forced}>Your system’s own colours are shown as long as it forces them.</p>
    </RadioGroup>
  );
}
