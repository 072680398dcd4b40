import { useState } from 'react';
import { type AuditEvent, type AuditSelection, readAudit } from '../../api/audit';
import { Button } from '../../components/Button';
import { RefusalNotice } from '../../components/Notice';
import { counted, number } from '../../lib/time';
import { tell } from '../../lib/told';
import { useAction } from '../../lib/useAction';
import { jsonLines } from './selection';

const chunk = 1000;
const most = 100_000;

type ExportProps = { shown: readonly AuditEvent[]; selection: AuditSelection; total: number };

/** The entries as JSON lines: those on the page, or all that the filters leave. */
export function Export({ shown, selection, total }: ExportProps) {
  const [read, setRead] = useState(0);
  const all = useAction(async () => {
    // The end is fixed first: entries that come while it reads would push others onto the next
    // chunk, twice.
    const until = selection.until ?? Date.now();
    const lines: string[] = [];
    let written = 0;
    for (let skip = 0; skip < Math.min(total, most); skip += chunk) {
      setRead(skip);
      const part = await readAudit({ ...selection, until, skip, limit: chunk });
      lines.push(jsonLines(part.results));
      written += part.results.length;
      if (part.results.length < chunk) break;
    }
    save(lines.join(''));
    tell({ text: `${counted(written, 'entry', 'entries')} exported.` });
  });
  if (total === 0) return null;
  return (
    <>
      <Button onPress={() => {
          save(jsonLines(shown));
          tell({ text: `${counted(shown.length, 'entry', 'entries')} exported.` });
        }}>Export this page</Button>
      {total > shown.length && (
        <Button onPress={() => void all.run()} isPending={all.pending} pendingLabel={`${number(read)} of ${number(total)} read`}>
          Export {total > most ? `the newest ${number(most)}` : `all ${counted(total, 'entry', 'entries')}`}
        </Button>
      )}
      <RefusalNotice refusal={all.refusal} />
    </>
  );
}

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `audit-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.jsonl`;
  link.click();
  // The browser has taken the text by then; without this it would hold it until the page is closed.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
