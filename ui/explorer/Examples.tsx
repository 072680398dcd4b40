import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { type OperationDefinitionNode, parse } from 'graphql';
import { Header } from 'react-aria-components/Header';
import { Menu, MenuItem, MenuSection, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { Button } from '../src/components/Button';
import command from '../src/shell/Command.module.css';
import { type Example, examples, groups, isUntouched, opened } from './examples';
import styles from './Explorer.module.css';

type ExamplesProps = {
  isDisabled: boolean;
  /** Whether what is open must stay open, though nobody changed it. */
  beside: boolean;
  onOpen: () => void;
};

/** Opens one of the examples. What was typed stays open beside it; nothing is run. */
export function Examples({ isDisabled, beside, onOpen }: ExamplesProps) {
  const open = useOpenExample(beside);
  const { addTab } = useGraphiQLActions();
  return (
    <MenuTrigger>
      <Button isDisabled={isDisabled}>Examples ▾</Button>
      <Popover className={styles.popover} placement="bottom start">
        <Menu
          aria-label="Examples"
          className={styles.menu}
          onAction={(key) => {
            const example = examples.find(({ title }) => title === key);
            if (example) open(example);
            else addTab();
            onOpen();
          }}
        >
          {groups.map((group) => (
            <MenuSection key={group} id={group}>
              <Header className={command.title}>{group}</Header>
              {examples
                .filter((example) => example.group === group)
                .map(({ title, query }) => (
                  <MenuItem key={title} id={title} textValue={title} className={command.item}>
                    <span>{title}</span>
                    {/^mutation/m.test(query) && <span className={command.note}>mutation</span>}
                  </MenuItem>
                ))}
            </MenuSection>
          ))}
          <MenuSection id="own">
            <Header className={command.title}>Your own</Header>
            <MenuItem id="own-query" className={command.item}>
              An empty query
            </MenuItem>
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function useOpenExample(beside: boolean): (example: Example) => void {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const { addTab, setOperationFacts, updateActiveTabValues } = useGraphiQLActions();
  return (example) => {
    const before = query?.getValue() ?? '';
    const values = opened(example, Date.now());
    // An example that nobody changed gives way to the next.
    if (beside || !isUntouched(before)) addTab();
    query?.setValue(values.query);
    variables?.setValue(values.variables);
    // The editor reads what it holds a moment later; the query can be run at once.
    const documentAST = parse(values.query);
    const operations = documentAST.definitions.filter((one): one is OperationDefinitionNode => one.kind === 'OperationDefinition');
    const operationName = operations[0]?.name?.value;
    setOperationFacts({ documentAST, operations, operationName });
    updateActiveTabValues({ ...values, operationName: operationName ?? null, response: null });
  };
}
