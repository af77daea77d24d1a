// SPDX-License-Identifier: Apache-2.0
/**
 * A spool of files: events that nobody decided wait in a directory of the app's own until the server is back.
 * Each process writes files of its own, one event a line, synced before the app goes on; whoever drains hands
 * over the oldest first, and takes over what processes left that are gone.
 *
 *     <began, ms>-<pid>-<random>.spool   for each event {"v":1,"atMs":…,"fallback":…,"event":{…}}
 *     <the same>.sent                    how many bytes of it were delivered
 */
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Spool, SpooledEvent } from "./client.ts";
import { DocketUsageError } from "./errors.ts";

/** Most that waits in a spool, in bytes, if nothing is said. */
export const spoolBytesDefault = 268_435_456;
/** From this size on another file is begun, in bytes: a file is read whole to be handed over. */
export const fileBytesMax = 8_388_608;
/** Events that are handed over at once. */
export const drainedAtOnce = 200;

/** How a spool is opened. */
export type FileSpoolOptions = {
  readonly directory: string;
  /** Most that waits, in bytes (default {@link spoolBytesDefault}); beyond that events are not kept. */
  readonly bytesMax?: number | undefined;
  /** Ms since 1970 (default: the machine's). */
  readonly clock?: (() => number) | undefined;
  /** Whether a process is there (default: asked of the system). */
  readonly isRunning?: ((pid: number) => boolean) | undefined;
};

/** Opens a spool; the directory is made if it is not there. */
export async function openFileSpool(options: FileSpoolOptions): Promise<Spool> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  return new FileSpool(options);
}

/** A file of the process's own, and how much it wrote there. */
type SpoolFile = { readonly name: string; readonly handle: FileHandle; bytes: number };

const suffix = ".spool";
const fileName = /^(\d+)-(\d+)-[0-9a-f]{12}\.spool$/;

class FileSpool implements Spool {
  readonly #options: FileSpoolOptions;
  #current: SpoolFile | undefined;
  #bytes: number | undefined;
  /** Writes and drains, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FileSpoolOptions) {
    this.#options = options;
  }

  append({ event, fallback, atMs }: SpooledEvent): Promise<void> {
    return this.#inTurn(async () => {
      const line = Buffer.from(`${JSON.stringify({ v: 1, atMs, fallback, event })}\n`);
      const { bytesMax = spoolBytesDefault } = this.#options;
      const held = (this.#bytes ??= await this.#measure());
      if (held + line.length > bytesMax) {
        throw new DocketUsageError(
          `the spool holds ${held} bytes, and may hold ${bytesMax}: the event is not kept`,
        );
      }
      if (this.#current !== undefined && this.#current.bytes >= fileBytesMax) await this.#leaveCurrent();
      const current = (this.#current ??= await this.#begin());
      try {
        await current.handle.appendFile(line);
        await current.handle.datasync();
      } catch (error) {
        // Half a line may stand there: what comes next must not go on behind it.
        await this.#leaveCurrent().catch(() => undefined);
        throw error;
      }
      current.bytes += line.length;
      this.#bytes = held + line.length;
    });
  }

  async drain(deliver: (events: readonly SpooledEvent[]) => Promise<void>): Promise<void> {
    // What comes while this runs goes into a file of its own.
    await this.#inTurn(() => this.#leaveCurrent());
    for (const name of await this.#files()) {
      if (this.#current?.name === name || !this.#isOurs(name)) continue;
      await this.#drainFile(name, deliver);
    }
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#leaveCurrent());
  }

  async #drainFile(name: string, deliver: (events: readonly SpooledEvent[]) => Promise<void>): Promise<void> {
    const path = join(this.#options.directory, name);
    const bytes = await readFile(path);
    let at = await this.#sent(name);
    while (at < bytes.length) {
      const { events, end } = readEvents(bytes, at);
      // A line without an end is of a process that died while it wrote: its app was never told that it is
      // kept.
      if (end === at) break;
      if (events.length > 0) await deliver(events);
      at = end;
      await this.#setSent(name, at);
    }
    await rm(path, { force: true });
    await rm(sentPath(path), { force: true });
    this.#bytes = undefined;
  }

  async #sent(name: string): Promise<number> {
    const text = await readFile(sentPath(join(this.#options.directory, name)), "utf8").catch(() => "0");
    return /^\d+$/.test(text) ? Number(text) : 0;
  }

  // Not synced: losing it means sending again, and an event that comes twice is a repeat.
  async #setSent(name: string, at: number): Promise<void> {
    const path = sentPath(join(this.#options.directory, name));
    await writeFile(`${path}.new`, String(at), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async #files(): Promise<string[]> {
    const names = (await readdir(this.#options.directory)).filter((name) => fileName.test(name));
    return names.sort((a, b) => beganMs(a) - beganMs(b) || (a < b ? -1 : 1));
  }

  // Of a process that still runs, it is that one's to drain.
  #isOurs(name: string): boolean {
    const pid = Number(fileName.exec(name)?.[2]);
    return pid === process.pid || !(this.#options.isRunning ?? isRunning)(pid);
  }

  async #measure(): Promise<number> {
    let bytes = 0;
    for (const name of await this.#files()) {
      const handle = await open(join(this.#options.directory, name), "r");
      bytes += (await handle.stat()).size;
      await handle.close();
    }
    return bytes;
  }

  async #begin(): Promise<SpoolFile> {
    const { directory, clock = Date.now } = this.#options;
    const name = `${clock()}-${process.pid}-${randomBytes(6).toString("hex")}${suffix}`;
    const handle = await open(join(directory, name), "ax", 0o600);
    // The name must be there after a power loss too, not the bytes alone.
    const folder = await open(directory, "r");
    await folder.sync();
    await folder.close();
    return { name, handle, bytes: 0 };
  }

  async #leaveCurrent(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.handle.close();
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function readEvents(bytes: Buffer, from: number): { events: SpooledEvent[]; end: number } {
  const events: SpooledEvent[] = [];
  let end = from;
  while (events.length < drainedAtOnce) {
    const next = bytes.indexOf(0x0a, end);
    if (next === -1) break;
    const text = bytes.toString("utf8", end, next);
    end = next + 1;
    try {
      const { v, event, fallback, atMs } = JSON.parse(text) as SpooledEvent & { v: number };
      if (v === 1) events.push({ event, fallback, atMs });
    } catch {
      // A line in the middle that a dying process cut short, and another went on behind: nobody was told of
      // it.
    }
  }
  return { events, end };
}

function sentPath(path: string): string {
  return `${path.slice(0, -suffix.length)}.sent`;
}

function beganMs(name: string): number {
  return Number(fileName.exec(name)?.[1]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
