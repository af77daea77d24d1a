// SPDX-License-Identifier: Apache-2.0
// A witness's directory, and the directory of its keys.
//
//   DIR/witness.json      what this directory is, the witness's name, where its keys lie
//   DIR/witness.vkey      its verifier keys, to give away: Ed25519 (type 0x04), then ML-DSA-44 (type 0x06)
//   DIR/logs              the logs that it knows (logs.ts)
//   DIR/checkpoints/HEX   for each log the latest checkpoint that it cosigned; HEX is SHA-256 of the origin
//   DIR/lock.sqlite       held by the one process that cosigns
//   DIR.keys/witness.key  its two signer keys, one a line, readable by their owner only
//
// The keys lie beside the directory, as those of an installation do. All that is in DIR may be seen by
// anyone, and gets copied, backed up and served; who has a copy of it cannot sign. And a copy of DIR that is
// put back is an older state: with the keys in it, it would be a witness that cosigns what it must not.
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { generateSignerKey, TlogError } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";

/** Bytes of the seed of either key. */
const seedBytes = 32;

/** A witness's directory and what belongs to it. */
export type WitnessDirectory = {
  directory: string;
  keysDirectory: string;
  name: string;
  /** When it was made, in seconds since 1970: a clock that says less is wrong. */
  createdSeconds: number;
  paths: WitnessPaths;
};

/** Where what lies in a witness's directory. */
export type WitnessPaths = { logs: string; checkpoints: string; lock: string; verifierKeys: string };

/** Under which name the state of a log is kept and served: the hex SHA-256 of its origin. */
export function nameOfOrigin(origin: string): string {
  return createHash("sha256").update(origin, "utf8").digest("hex");
}

/**
 * Makes a witness with new keys.
 *
 * @param random draws secret bytes
 * @throws {DocketError} `usage` if there is something in either directory already, or for a name that no key
 *   may have
 */
export function createWitness(
  disk: LogDisk,
  options: { directory: string; keys?: string | undefined; name: string },
  nowMs: number,
  random: (bytes: number) => Uint8Array,
): WitnessDirectory {
  const directory = resolve(options.directory);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new DocketError("usage", `${directory} is not empty; name a new directory`);
  }
  const keys = resolve(options.keys ?? join(dirname(directory), `${basename(directory)}.keys`));
  if (keys === directory || keys.startsWith(`${directory}/`)) {
    throw new DocketError(
      "usage",
      `${keys} lies inside the witness's directory; keys must lie outside of it`,
    );
  }
  const pairs = [
    makeKey(options.name, random(seedBytes), "ed25519-cosignature"),
    makeKey(options.name, random(seedBytes), "ml-dsa-44"),
  ];
  writeKeys(keys, pairs.map(({ signerKey }) => `${signerKey}\n`).join(""));
  const paths = pathsOf(directory);
  disk.makeDirectory(directory);
  disk.makeDirectory(paths.checkpoints);
  const vkeys = pairs.map(({ verifierKey }) => `${verifierKey}\n`).join("");
  disk.replaceFile(paths.verifierKeys, Buffer.from(vkeys), true);
  disk.replaceFile(paths.logs, Buffer.from(logsHeader), true);
  // Last: a directory without it was never finished, and is refused.
  const createdSeconds = Math.floor(nowMs / 1000);
  const content = { v: 1, name: options.name, created: createdSeconds, keys: relative(directory, keys) };
  disk.replaceFile(join(directory, "witness.json"), Buffer.from(`${JSON.stringify(content)}\n`), true);
  return readWitness(directory);
}

/**
 * Reads what a witness's directory is.
 *
 * @param keys where the keys lie, if they were moved
 * @throws {DocketError} `usage` if it is none; `directory_damaged` if it has lost its state
 */
export function readWitness(path: string, keys?: string): WitnessDirectory {
  const directory = resolve(path);
  const content = readDescription(directory);
  const { v, name, created, keys: kept } = content;
  if (v !== 1 || typeof name !== "string" || typeof kept !== "string" || !Number.isSafeInteger(created)) {
    const file = join(directory, "witness.json");
    throw new DocketError("usage", `${file} is not of a version that this docket knows`);
  }
  const paths = pathsOf(directory);
  if (!existsSync(paths.checkpoints)) {
    throw new DocketError(
      "directory_damaged",
      `${paths.checkpoints} is missing; a witness that has lost its state must not sign any more: make a ` +
        "new one, with new keys",
    );
  }
  const keysDirectory = resolve(keys ?? (isAbsolute(kept) ? kept : join(directory, kept)));
  return { directory, keysDirectory, name, createdSeconds: created as number, paths };
}

/**
 * The signer keys of a witness, as text: Ed25519, then ML-DSA-44.
 *
 * @throws {DocketError} `usage` if they cannot be read; the message never holds a key
 */
export function readWitnessKeys({ keysDirectory }: WitnessDirectory): [string, string] {
  const path = keyPath(keysDirectory);
  let lines: string[];
  try {
    lines = readFileSync(path, "utf8").trim().split("\n");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot read the key file ${path}: ${code}`, { cause: error });
  }
  const [ed25519, mlDsa] = lines;
  if (ed25519 === undefined || mlDsa === undefined || lines.length !== 2) {
    throw new DocketError("usage", `${path} does not hold two signer keys, one a line`);
  }
  return [ed25519, mlDsa];
}

const logsHeader = `# The logs that this witness cosigns. \`docket witness add-log\` adds a line; a server
# that runs reads the file again within seconds after a change.
#
#   log VKEY [URL]     a key of the log named in it; several lines with the same name are keys of one log
#   origin ORIGIN      below a key: the log's origin, if it is another than the key's name
`;

function pathsOf(directory: string): WitnessPaths {
  return {
    logs: join(directory, "logs"),
    checkpoints: join(directory, "checkpoints"),
    lock: join(directory, "lock.sqlite"),
    verifierKeys: join(directory, "witness.vkey"),
  };
}

function keyPath(keysDirectory: string): string {
  return join(keysDirectory, "witness.key");
}

function makeKey(
  name: string,
  seed: Uint8Array,
  algorithm: "ed25519-cosignature" | "ml-dsa-44",
): { signerKey: string; verifierKey: string } {
  try {
    return generateSignerKey(name, seed, algorithm);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new DocketError(
      "usage",
      `${JSON.stringify(name)} may not name a witness: ${error.message}; write a URL without its scheme, ` +
        "for example witness.example.org/w1",
      { cause: error },
    );
  }
}

function writeKeys(directory: string, text: string): void {
  const path = keyPath(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(path)) {
    throw new DocketError("usage", `${path} exists already; name another directory with --keys`);
  }
  writeFileSync(path, text, { flag: "wx", mode: 0o600, flush: true });
  // Its name too: a witness whose key is lost with the power was never one.
  for (const each of [directory, dirname(directory)]) syncDirectory(each);
}

function syncDirectory(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function readDescription(directory: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(join(directory, "witness.json"), "utf8");
  } catch (error) {
    throw new DocketError(
      "usage",
      `${directory} is not a witness's directory; make one with \`docket witness init\``,
      { cause: error },
    );
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new DocketError("directory_damaged", `${join(directory, "witness.json")} is not JSON`, {
      cause: error,
    });
  }
}
