/** Why the server did not do what was asked. */
export type RefusalKind =
  | 'refused' // it answered, and said no: bad input, no permission, not found, conflict
  | 'failed' // it answered that the fault is its own
  | 'signed-out' // it no longer knows who asks
  | 'filtered' // the IP filter of the token does not let this address through
  | 'of-another' // somebody else has signed in in another window
  | 'unreachable'; // it did not answer

export type RefusalDetails = {
  code?: string;
  /** A sentence for each field that was refused. */
  fields?: Readonly<Record<string, string>>;
  requestId?: string;
  /** The token that the same request made when it came first. */
  tokenId?: string;
};

/** An answer that is no result. Its message is a sentence to show as it is. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  readonly code: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly requestId: string | undefined;
  readonly tokenId: string | undefined;

  constructor(kind: RefusalKind, message: string, details: RefusalDetails = {}) {
    super(message.charAt(0).toUpperCase() + message.slice(1)); // some begin as Go's errors do
    this.kind = kind;
    this.code = details.code;
    this.fields = details.fields ?? {};
    this.requestId = details.requestId;
    this.tokenId = details.tokenId;
  }
}
