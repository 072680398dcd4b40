import { Refusal } from './refusal';

/** A file that is written piece by piece. */
export type Sink = {
  write: (text: string) => Promise<void>;
  /** Ends it, and gives it to the reader. */
  close: () => Promise<void>;
  /** Gives it up: nothing is left of it. */
  abort: () => Promise<void>;
};

/** A file on the disk. Not every browser can remove one. */
type Handle = Pick<FileSystemFileHandle, 'createWritable' | 'getFile'> & { remove?: () => Promise<void> };

type FilePicker = (options: { suggestedName: string }) => Promise<Handle>;

/** The code of a refusal that says that the file itself failed: no more of it can be written. */
export const unwritten = 'FILE_NOT_WRITTEN';

/**
 * A file of this name, where the reader wants it. A browser that can write to the disk does so
 * while the pieces come; another one keeps them as blobs, which it need not hold in memory. Gives
 * nothing if the reader thought better of it. It must be called while a press is being handled.
 */
export async function openFile(name: string, type: string): Promise<Sink | null> {
  const pick = (window as { showSaveFilePicker?: FilePicker }).showSaveFilePicker;
  if (pick === undefined) return blobSink(name, type);
  try {
    return await fileSink(await pick.call(window, { suggestedName: name }));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    return blobSink(name, type); // it may be forbidden here
  }
}

async function fileSink(file: Handle): Promise<Sink> {
  const stream = await file.createWritable();
  const failed = () => {
    throw new Refusal('refused', 'The file could not be written. The disk may be full, or the folder is not there any more.', { code: unwritten });
  };
  return {
    write: (text) => stream.write(text).catch(failed),
    close: () => stream.close().catch(failed),
    abort: async () => {
      await stream.abort().catch(() => undefined); // it may have failed already
      // Choosing a file empties it, and what is written stands there only when it is closed.
      if ((await file.getFile()).size === 0) await file.remove?.();
    },
  };
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
