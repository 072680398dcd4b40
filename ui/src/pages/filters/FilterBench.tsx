import { useState } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { RuleEditor } from '../../components/RuleEditor';
import { classes } from '../../lib/classes';
import { withAddress } from '../../lib/rules';
import { useSession } from '../../shell/session';
import styles from './Bench.module.css';
import { type Bench, useBench } from './useBench';

type FilterBenchProps = {
  rules: string;
  onChange?: ((rules: string) => void) | undefined;
  /** The server's sentence from the last try to save. */
  error?: string | undefined;
  /** Whether the signed-in identity may ask what rules do. */
  mayTest: boolean;
};

// As many lines as the server tells of when it refuses a text.
const told = 20;

/**
 * Rules at the left, an address at the right: the line that decides lights up while one types
 * either.
 */
export function FilterBench({ rules, onChange, error, mayTest }: FilterBenchProps) {
  const [address, setAddress] = useState('');
  const own = useSession().viewer.address;
  const bench = useBench(rules, address, mayTest);
  const unreachable = [...(bench.marks.unreachable ?? [])];
  return (
    <div className={styles.container}>
      <div className={styles.bench}>
        <RuleEditor
          label="Rules"
          description="One a line: allow or deny, then all, an address or a CIDR range. The first line that matches decides. # starts a comment."
          value={rules}
          onChange={onChange}
          marks={bench.marks}
          error={bench.rulesError ?? error}
        />
        {mayTest && (
          <div className={styles.side}>
            <Field
              label="Would this address pass?"
              placeholder="10.1.2.3 or 2001:db8::1"
              value={address}
              onChange={setAddress}
              error={bench.addressError}
              autoComplete="off"
              spellCheck="false"
              mono
            />
            {own != null && (
              <div className={styles.own}>
                <Button small onPress={() => setAddress(own)}>
                  Try my address
                </Button>
                {onChange && (
                  <Button
                    small
                    onPress={() => {
                      setAddress(own);
                      onChange(withAddress(rules, own));
                    }}
                  >
                    Add my address
                  </Button>
                )}
              </div>
            )}
            <div role="status" aria-live="polite">
              <Verdict bench={bench} address={address} />
            </div>
            {unreachable.length > 0 && (
              <p className={styles.quiet}>
                {unreachable.length === 1 ? 'Line' : 'Lines'} {unreachable.slice(0, told).join(', ')}
                {unreachable.length > told && ` and ${unreachable.length - told} more`} can never decide: an earlier line covers{' '}
                {unreachable.length === 1 ? 'it' : 'them'}.
              </p>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

function Verdict({ bench, address }: { bench: Bench; address: string }) {
  const { verdict } = bench;
  if (verdict === undefined) {
    return (
      <div className={styles.verdict}>
        <p className={styles.quiet}>
          {bench.rulesError !== undefined ? 'The rules cannot be read yet.' : address === '' ? 'Type an address and see which line decides.' : 'Asking the server'}
        </p>
      </div>
    );
  }
  return (
    <div className={classes(styles.verdict, verdict.allowed ? styles.passes : styles.refused)}>
      <p className={styles.word}>{verdict.allowed ? 'It passes' : 'It is refused'}</p>
      {verdict.line == null ? (
        <p>No line matches; the unwritten last line {verdict.allowed ? 'allows' : 'denies'} it.</p>
      ) : (
        <p>
          Decided by line {verdict.line}: <code>{verdict.rule}</code>
        </p>
      )}
    </div>
  );
}
