// Replaces every compressible file of a build by its gzip form: that is how it is stored, embedded
// and served. The few clients that do not take gzip get it unpacked by the server. The output
// depends on the input alone.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, constants } from 'node:zlib';

const compressible = /\.(js|mjs|css|svg|txt|json|wasm|ttf)$/;

for (const dir of process.argv.slice(2)) {
  for (const name of readdirSync(dir, { recursive: true })) {
    if (!compressible.test(name)) continue;
    const path = join(dir, name);
    const raw = readFileSync(path);
    const packed = gzipSync(raw, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 });
    // Byte 9 names the operating system that packed; it must not differ from one machine to the
    // next.
    packed[9] = 255;
    writeFileSync(`${path}.gz`, packed);
    rmSync(path);
  }
}
