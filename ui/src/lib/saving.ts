/** A file that is written piece by piece. */
export type Sink = {
  write: (text: string) => Promise<void>;
  /** Ends it, and gives it to the reader. */
  close: () => Promise<void>;
  /** Gives it up: nothing is left of it. */
  abort: () => Promise<void>;
};

type FilePicker = (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<FileSystemWritableFileStream> }>;

/**
 * A file of this name, where the reader wants it. A browser that can write to the disk does so
 * while the pieces come; another one keeps them as blobs, which it need not hold in memory. Gives
 * nothing if the reader thought better of it. It must be called while a press is being handled.
 */
export async function openFile(name: string, type: string): Promise<Sink | null> {
  const pick = (window as { showSaveFilePicker?: FilePicker }).showSaveFilePicker;
  if (pick === undefined) return blobSink(name, type);
  try {
    const stream = await (await pick.call(window, { suggestedName: name })).createWritable();
    return { write: (text) => stream.write(text), close: () => stream.close(), abort: () => stream.abort() };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    return blobSink(name, type); // it may be forbidden here
  }
}

/** Pieces of about this many letters become a blob. */
const pieceSize = 1 << 22;

export function blobSink(name: string, type: string, save: (blob: Blob) => void = (blob) => saveBlob(name, blob)): Sink {
  let blobs: Blob[] = [];
  let texts: string[] = [];
  let held = 0;
  const pack = () => {
    if (held > 0) blobs.push(new Blob(texts));
    texts = [];
    held = 0;
  };
  return {
    write: async (text) => {
      texts.push(text);
      held += text.length;
      if (held >= pieceSize) pack();
    },
    close: async () => {
      pack();
      save(new Blob(blobs, { type }));
      blobs = [];
    },
    abort: async () => {
      blobs = [];
      texts = [];
    },
  };
}

function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the blob after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
