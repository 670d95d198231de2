import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanUp } from './cleanup.ts';
import { temporaryPrefix } from './run-id.ts';

/** A directory of its own under the system's temporary one, removed with all that is in it on `close()`. */
export class TemporaryDirectory implements AsyncDisposable {
  readonly path: string;
  readonly #forget: () => void;

  constructor() {
    this.path = mkdtempSync(temporaryPrefix());
    this.#forget = onCleanUp(
      () => this.close(),
      () => this.#remove(),
    );
  }

  /** The path of `name` inside. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const path = this.file(name);
    writeFileSync(path, text);
    return path;
  }

  async close(): Promise<void> {
    this.#forget();
    this.#remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Makes a {@link TemporaryDirectory}. */
export function temporaryDirectory(): TemporaryDirectory {
  return new TemporaryDirectory();
}
