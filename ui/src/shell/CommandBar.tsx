export function CommandBar(_props: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return null;
}
