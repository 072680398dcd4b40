import { useQueryClient } from '@tanstack/react-query';
import { tokensKey } from '../../api/tokens';
import type { Refusal } from '../../lib/refusal';

/**
 * Closes a question about tokens. If what was asked was refused, what is behind it is read anew: it
 * may show what is there no more.
 */
export function useClosing(refusal: Refusal | null, onClose: () => void): () => void {
  const client = useQueryClient();
  return () => {
    onClose();
    if (refusal !== null) void client.invalidateQueries({ queryKey: tokensKey });
  };
}
