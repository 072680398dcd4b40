type Issued = { issuedAt: number; createdAt: number };

/** What is said of a token whose present string was not used: one before it may have been. */
export function notUsed({ issuedAt, createdAt }: Issued): 'Never' | 'Not since its reset' {
  return issuedAt === createdAt ? 'Never' : 'Not since its reset';
}
