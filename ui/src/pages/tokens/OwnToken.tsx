import { Notice } from '../../components/Notice';

/** Warns before the token goes that the reader is signed in with. */
export function OwnToken({ among = false }: { among?: boolean }) {
  return (
    <Notice tone="warn" title={among ? 'You are signed in with one of them' : 'You are signed in with this token'}>
      <p>Your session ends with it, and you need another token to sign in again.</p>
    </Notice>
  );
}
