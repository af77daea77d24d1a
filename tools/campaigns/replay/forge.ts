// SPDX-License-Identifier: Apache-2.0
// The forger: whoever has all keys writes the whole log anew with one thing changed. Every proof, signature
// and seal of what comes out is right; without a checkpoint from elsewhere, only replay can notice.
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { encodeBody, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, PartName } from "@docket/protocol";
import { emptyFrontier, parseCheckpoint, parseNote } from "@docket/tlog";
import { signerKeysOf } from "../../../packages/docket/src/evidence/keys.ts";
import { openPart } from "../../../packages/docket/src/evidence/seal.ts";
import type { PlainPart } from "../../../packages/docket/src/evidence/seal.ts";
import { readInstallation, readKeys } from "../../../packages/docket/src/installation.ts";
import { Log } from "../../../packages/docket/src/log/log.ts";
import { writeState } from "../../../packages/docket/src/log/materialised.ts";
import { LogReader } from "../../../packages/docket/src/log/reader.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { openActorKeys } from "../../../packages/docket/src/stores/sqlite/actor-keys.ts";

/** A record as the forger may change it, before it is sealed again. */
export type Forgeable = { record: DocketRecord; parts: { name: PartName; plaintext: string }[] };

/** What the forger does to a record; `index` tells which it is. */
export type Forgery = (index: number, forgeable: Forgeable) => void;

/** All records of a data directory, with their parts open. */
export type OpenedLog = {
  data: string;
  records: (Forgeable & { keys: ReadonlyMap<PartName, { subject: string; key: Uint8Array }> })[];
};

/** Opens all records of a directory that nobody writes. */
export async function openLog(data: string): Promise<OpenedLog> {
  const installation = readInstallation(data);
  const keys = readKeys(installation);
  const { paths, origin } = installation;
  const { size } = parseCheckpoint(parseNote(readFileSync(paths.checkpoint)).text);
  const reader = new LogReader(paths);
  const identity = join(paths.site, "identity.sqlite");
  const actorKey = openActorKeys({ identity, journalled: [], folder: keys.folder });
  const keyOf = (subject: string): Uint8Array | undefined =>
    subject === "site" ? keys.site : actorKey(subject);
  const records: OpenedLog["records"] = [];
  for (let index = 0; index < size; index++) {
    const { leaf, parts } = await reader.record(index, size);
    const record = parseLeaf(leaf);
    const sealed = parts?.parts ?? [];
    const manifest = JSON.parse(parts?.manifest.toString("utf8") ?? '{"parts":[]}') as {
      parts: { name: PartName; subject: string }[];
    };
    const opened: Forgeable["parts"] = [];
    const own = new Map<PartName, { subject: string; key: Uint8Array }>();
    for (const { name, bytes } of sealed) {
      const subject = manifest.parts.find((part) => part.name === name)?.subject ?? "site";
      const key = keyOf(subject);
      const part = key && openPart(bytes, name, key, origin);
      if (key === undefined || part === undefined) throw new Error(`record ${index}: ${name} does not open`);
      opened.push({ name, plaintext: part.plaintext.toString("utf8") });
      own.set(name, { subject, key });
    }
    records.push({ record, parts: opened, keys: own });
  }
  return { data, records };
}

/** Writes a log anew, under the same keys and origin, into a new directory beside its own keys. */
export async function forgeLog(opened: OpenedLog, target: string, forgery: Forgery): Promise<void> {
  copyWithoutLog(opened.data, target);
  const installation = readInstallation(target);
  const { paths, origin } = installation;
  for (const path of [paths.journal, paths.keptCheckpoints, paths.parts]) disk.makeDirectory(path);
  writeState(disk, paths, emptyFrontier());
  const log = await Log.open({
    paths,
    origin,
    signerKeys: signerKeysOf(readKeys(installation)),
    diskModule: new URL("../../../packages/docket/src/stores/files/node-disk.ts", import.meta.url).href,
  });
  try {
    const sealing = opened.records.map(({ record, parts, keys }, index) => {
      const forgeable: Forgeable = {
        record: structuredClone(record),
        parts: parts.map((part) => ({ ...part })),
      };
      forgery(index, forgeable);
      const sealed = forgeable.parts.map((part): PlainPart => {
        const owner = keys.get(part.name);
        if (owner === undefined) throw new Error(`record ${index} had no ${part.name}`);
        return { ...part, ...owner };
      });
      return log.append({ body: encodeBody(bodyOf(forgeable.record)), parts: sealed, priority: "system" });
    });
    await Promise.all(sealing);
    await log.sync();
  } finally {
    await log.close();
  }
}

/** A name below a directory that is free. */
export function freshName(directory: string, name: string): string {
  return join(directory, `${name}-${randomBytes(4).toString("hex")}`);
}

/** Removes a data directory and its keys. */
export function removeData(data: string): void {
  for (const path of [data, `${data}.keys`]) rmSync(path, { recursive: true, force: true });
}

/** Copies a data directory that nobody writes, with its keys. */
export function copyData(data: string, target: string): void {
  cpSync(data, target, { recursive: true });
  cpSync(`${data}.keys`, `${target}.keys`, { recursive: true });
  // The file that says where the keys lie names the directory beside the data.
  const file = join(target, "docket.json");
  disk.replaceFile(
    file,
    Buffer.from(`${JSON.stringify({ v: 1, keys: `../${nameOf(target)}.keys` })}\n`),
    false,
  );
}

const logFiles: ReadonlySet<string> = new Set([
  "journal",
  "tile",
  "parts",
  "checkpoint",
  "checkpoints",
  "recent",
  "materialised.json",
]);

function copyWithoutLog(data: string, target: string): void {
  mkdirSync(target, { recursive: true });
  copyData(data, target);
  const site = join(target, "sites", "main");
  for (const name of readdirSync(site)) {
    if (logFiles.has(name) || name.startsWith("checkpoint")) {
      rmSync(join(site, name), { recursive: true, force: true });
    }
  }
}

function nameOf(path: string): string {
  return path.split("/").at(-1) as string;
}

function bodyOf(record: DocketRecord): BodyWithoutParts {
  const { v: _v, index: _index, prev: _prev, time: _time, uncertaintyMs: _uncertainty, ...body } = record;
  return body;
}
