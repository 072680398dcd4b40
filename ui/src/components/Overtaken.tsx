import { leadToHeading } from '../lib/useLead';
import { Button } from './Button';
import { Notice } from './Notice';

/** Says that what a form changes has been changed by somebody else since it was opened. */
export function Overtaken({ what, onLoad }: { what: string; onLoad: () => void }) {
  const load = () => {
    leadToHeading();
    onLoad();
  };
  return (
    <Notice
      tone="warn"
      urgent
      title={`Somebody changed this ${what} while it was open here.`}
      actions={<Button onPress={load}>Load what is there now</Button>}
    >
      <p>Saving would write over that change.</p>
    </Notice>
  );
}
