import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Makers, makersQuery } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Name } from '../../components/Name';
import { number } from '../../lib/time';
import { useTyped } from '../../lib/useListState';
import { isTokenId, masked } from '../../lib/withoutSecret';
import { shortId } from './namedAlike';
import styles from './TokenFilters.module.css';

/** Who made a token, by id or, as names are not unique, chosen from those that have the name. */
export function Creator({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [name, setName] = useState('');
  const [typed, setTyped] = useTyped(
    value,
    (text) => {
      const id = text.trim();
      setName(isMaker(id) ? '' : id);
      if (isMaker(id)) onChange(id);
    },
    400,
  );
  const { data } = useQuery({ ...makersQuery(name), enabled: name !== '', placeholderData: keepPreviousData });
  const makers = name === '' ? undefined : data;
  const root = mayMeanRoot(name);
  const choose = (id: string) => {
    setName('');
    onChange(id);
  };
  return (
    <div className={styles.creator}>
      <Field label="Made by" placeholder="A name, an id, or root" description="The token may be gone." value={typed} onChange={(text) => setTyped(masked(text))} autoComplete="off" spellCheck="false" />
      <p role="status" className="sr-only">
        {makers && (makers.found.length === 0 && !root ? 'No token of that name' : `Choose one of those below. ${cutWords(makers)}`)}
      </p>
      {makers && <Choices makers={makers} root={root} onChoose={choose} />}
    </div>
  );
}

/** Whether it is who a list can be asked for: nobody, or an id. A token may be called root, too. */
function isMaker(text: string): boolean {
  return text === '' || text === 'localroot' || isTokenId(text);
}

/** Root is no token, so no list of tokens has it. */
function mayMeanRoot(name: string): boolean {
  return name !== '' && 'root'.startsWith(name.toLowerCase());
}

/** That there are more than are shown, or nothing. */
function cutWords({ there: { shown, total }, moreGone }: Makers): string {
  const first = total > shown ? `The first ${number(shown)} of ${number(total)} tokens` : null;
  if (first === null && !moreGone) return '';
  const newest = first === null ? 'Of those that ended, only the newest' : `${first} and, of those that ended, only the newest`;
  return `${moreGone ? newest : first}. Type more of the name.`;
}

function Choices({ makers, root, onChoose }: { makers: Makers; root: boolean; onChoose: (id: string) => void }) {
  if (makers.found.length === 0 && !root) return <p className={styles.noMaker}>No token of that name is there, or ended within 30 days.</p>;
  const cut = cutWords(makers);
  return (
    <>
      <ul className={styles.makers} aria-label="Makers of that name">
        {root && (
          <li>
            <Button small look="quiet" onPress={() => onChoose('root')}>
              root, who is no token
            </Button>
          </li>
        )}
        {makers.found.map(({ id, name, gone }) => (
          <li key={id}>
            <Button small look="quiet" onPress={() => onChoose(id)}>
              <Name name={name} clamp /> <code>{shortId(id)}</code>
              {gone && ' ended'}
            </Button>
          </li>
        ))}
      </ul>
      {cut !== '' && <p className={styles.noMaker}>{cut}</p>}
    </>
  );
}
