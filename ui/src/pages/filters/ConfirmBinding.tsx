import { Link } from 'wouter';
import type { FilterImpact } from '../../api/filters';
import { Confirm } from '../../components/Confirm';
import { Name } from '../../components/Name';
import { Notice } from '../../components/Notice';
import { Tag } from '../../components/Tag';
import { counted, number } from '../../lib/time';
import styles from './Filters.module.css';

/**
 * Whom new rules would bind: the tokens that use the filter, with those that they would refuse or
 * admit, and the kinds of tokens whose security policy enforces it.
 */
export type Binding = FilterImpact & {
  policies: readonly string[];
  /** The reader's own address, if the new rules do not let it through. */
  shutOut: string | null;
};

export function binds({ totalTokens, policies }: Binding): boolean {
  return totalTokens > 0 || policies.length > 0;
}

type ConfirmBindingProps = { binding: Binding; pending: boolean; onConfirm: () => void; onClose: () => void };

/**
 * Before and after, asked before new rules bind those who use a filter already: there is no moment
 * between saving and binding.
 */
export function ConfirmBinding({ binding, ...rest }: ConfirmBindingProps) {
  const { totalTokens, refused, admitted, policies, shutOut } = binding;
  return (
    <Confirm
      title={refused > 0 ? `Refuse ${counted(refused, 'token')}?` : 'Save the new rules?'}
      action={refused > 0 ? `Refuse ${counted(refused, 'token')}` : totalTokens === 0 ? 'Save filter' : `Save for ${counted(totalTokens, 'token')}`}
      pendingLabel="Saving"
      keep="Not yet"
      phrase={refused > 0 ? `refuse ${refused}` : undefined}
      refusal={null}
      {...rest}
    >
      {totalTokens > 0 && (
        <>
          <p>
            <strong>{totalTokens === 1 ? '1 token uses' : `${counted(totalTokens, 'token')} use`} this filter.</strong> The new rules bind {totalTokens === 1 ? 'it' : 'all of them'} the moment they
            are saved: from an address that they do not allow the next request is refused.
          </p>
          <BeforeAndAfter binding={binding} />
        </>
      )}
      {shutOut !== null && (
        <Notice tone="danger" title="Your own address is not let through.">
          <p>
            You ask from <code>{shutOut}</code>, which the new rules refuse. A token that has this filter would not work from here.
          </p>
        </Notice>
      )}
      {policies.length > 0 && (
        <p>
          {policies.length === 1 ? 'The security policy' : `${policies.length} security policies, those`} for {policies.join(', ')} tokens{' '}
          {policies.length === 1 ? 'enforces' : 'enforce'} it: it binds every new token of {policies.length === 1 ? 'that kind' : 'those kinds'} too.
        </p>
      )}
      {totalTokens > 0 && refused + admitted === 0 && <p>As far as it is known where they were last used from, none of them is refused or newly admitted.</p>}
    </Confirm>
  );
}

function BeforeAndAfter({ binding: { refused, admitted, tokens } }: { binding: Binding }) {
  if (refused + admitted === 0) return null;
  const more = refused + admitted - tokens.length;
  return (
    <>
      <p>
        By the address they were last used from: <strong>{number(refused)} refused</strong>, {number(admitted)} newly admitted.
      </p>
      <ul className={styles.impact} aria-label="Tokens that are refused or admitted" tabIndex={0}>
        {tokens.map(({ token, lastUsedFrom, effect }) => (
          <li key={token.id}>
            <Link to={`/tokens/${encodeURIComponent(token.id)}`}>
              <Name name={token.name} clamp />
            </Link>
            <span>
              <code>{lastUsedFrom}</code> {effect === 'Refused' ? <Tag tone="dead">refused</Tag> : <Tag>admitted</Tag>}
            </span>
          </li>
        ))}
        {more > 0 && <li>and {counted(more, 'more', 'more')}</li>}
      </ul>
    </>
  );
}
