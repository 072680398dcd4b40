import { Confirm } from '../../components/Confirm';
import { counted } from '../../lib/time';

/**
 * Whom a filter binds: so many tokens, and those of the kinds whose security policy enforces it.
 */
export type Usage = { totalTokens: number; policies: readonly string[] };

export function isUsed({ totalTokens, policies }: Usage): boolean {
  return totalTokens > 0 || policies.length > 0;
}

type ConfirmBindingProps = {
  usage: Usage;
  pending: boolean;
  onConfirm: () => void;
  onClose: () => void;
};

/**
 * Asks before new rules bind those who use a filter already: there is no moment between saving and
 * binding.
 */
export function ConfirmBinding({ usage, ...rest }: ConfirmBindingProps) {
  const { totalTokens, policies } = usage;
  const tokens = counted(totalTokens, 'token');
  return (
    <Confirm title="Save the new rules?" action={totalTokens === 0 ? 'Save filter' : `Save for ${tokens}`} pendingLabel="Saving" keep="Not yet" refusal={null} {...rest}>
      {totalTokens > 0 && (
        <p>
          <strong>{totalTokens === 1 ? '1 token uses' : `${tokens} use`} this filter.</strong> The new rules bind {totalTokens === 1 ? 'it' : 'all of them'} the moment they
          are saved: from an address that they do not allow the next request is refused.
        </p>
      )}
      {policies.length > 0 && (
        <p>
          {policies.length === 1 ? 'The security policy' : `${policies.length} security policies, those`} for {policies.join(', ')} tokens{' '}
          {policies.length === 1 ? 'enforces' : 'enforce'} it: it binds every new token of {policies.length === 1 ? 'that kind' : 'those kinds'} too.
        </p>
      )}
    </Confirm>
  );
}
