import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files that a machine has over those of the host. Paths are as they are inside. */
export class Layer {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes a file, with the folders above it. */
  write(path: string, text: string, mode = 0o644): void {
    const file = this.#place(path);
    writeFileSync(file, text);
    chmodSync(file, mode);
  }

  /** Makes a symbolic link at `path`. */
  link(path: string, target: string): void {
    symlinkSync(target, this.#place(path));
  }

  /** Copies a file or a folder of the host. */
  copy(source: string, path: string): void {
    cpSync(source, this.#place(path), { recursive: true, dereference: true });
  }

  #place(path: string): string {
    const place = join(this.#folder, path);
    mkdirSync(dirname(place), { recursive: true });
    return place;
  }
}
