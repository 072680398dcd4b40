import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { makersQuery, type NamedMaker } from '../../api/tokens';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { Name } from '../../components/Name';
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
  return (
    <div className={styles.creator}>
      <Field label="Made by" placeholder="A name, an id, or root" description="The token may be gone." value={typed} onChange={(text) => setTyped(masked(text))} autoComplete="off" spellCheck="false" />
      <p role="status" className="sr-only">
        {makers && (makers.length === 0 ? 'No token of that name' : 'Choose one of the tokens below')}
      </p>
      {makers && (
        <Makers
          makers={makers}
          onChoose={(id) => {
            setName('');
            onChange(id);
          }}
        />
      )}
    </div>
  );
}

/** Whether it is who a list can be asked for: nobody, root or an id. */
function isMaker(text: string): boolean {
  return text === '' || text === 'root' || text === 'localroot' || isTokenId(text);
}

function Makers({ makers, onChoose }: { makers: readonly NamedMaker[]; onChoose: (id: string) => void }) {
  if (makers.length === 0) return <p className={styles.noMaker}>No token of that name is there, or ended within 30 days.</p>;
  return (
    <ul className={styles.makers} aria-label="Tokens of that name">
      {makers.map(({ id, name, gone }) => (
        <li key={id}>
          <Button small look="quiet" onPress={() => onChoose(id)}>
            <Name name={name} clamp /> <code>{shortId(id)}</code>
            {gone && ' ended'}
          </Button>
        </li>
      ))}
    </ul>
  );
}
