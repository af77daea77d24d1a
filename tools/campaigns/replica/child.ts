// SPDX-License-Identifier: Apache-2.0
// The program that the replica campaign kills: a log that is copied while it is written, with `ack: sync`.
// It appends records, several at once, and prints each that it was told is sealed: index and SHA-256 of the
// leaf.
//
//   child.ts DATA KEYS
import { hash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { encodeBody } from "@docket/protocol";
import { readConfiguration } from "../../../packages/docket/src/config/configuration.ts";
import { readReplicasConfig } from "../../../packages/docket/src/copies/config.ts";
import { startReplication } from "../../../packages/docket/src/copies/replication.ts";
import { signerKeysOf } from "../../../packages/docket/src/evidence/keys.ts";
import {
  maintainedLog,
  readInstallation,
  readKeys,
  verifierKeyPath,
} from "../../../packages/docket/src/installation.ts";
import { Log } from "../../../packages/docket/src/log/log.ts";
import type { Append } from "../../../packages/docket/src/log/log.ts";
import { verifierKeysOf } from "../../../packages/docket/src/log/signing-keys.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { lockDirectory } from "../../../packages/docket/src/stores/sqlite/directory-lock.ts";
import { settleOpening } from "../../../packages/docket/src/succession/opening.ts";

/** Appends that wait at once. */
const windowSize = 12;

const [data = "", keysDirectory = ""] = process.argv.slice(2);
const installation = readInstallation(data, { keys: keysDirectory });
const { paths, origin } = installation;
const keys = readKeys(installation);
lockDirectory(join(data, "lock.sqlite"), data);
const maintained = maintainedLog(installation, disk);
const signing = await settleOpening(maintained, verifierKeyPath(installation));
const replication = startReplication({
  config: readReplicasConfig(readConfiguration(data).section("replicas")),
  data,
  folder: keys.folder,
  paths,
  origin,
  variables: process.env,
});
const { diskModule } = maintained;
const log = await Log.open({ paths, origin, diskModule, ...signing, replication: replication.ports });
// Segments go as they do where a site is open.
log.onSynced((size) => void log.release(size));
await log.published(log.opening.size);
console.log(`open ${log.opening.size}`);
if (log.opening.size === 0) {
  const [key = "", mlDsaKey = ""] = verifierKeysOf(signerKeysOf(keys));
  await append(encodeBody({ kind: "created", by: "operator", origin, key, mlDsaKey }), []);
}
for (;;) await Promise.all(Array.from({ length: windowSize }, one));

async function one(): Promise<void> {
  const body = encodeBody({ kind: "opening", by: "operator", of: 0 });
  const plaintext = JSON.stringify({ v: 1, reason: randomBytes(randomBytes(1)[0] ?? 0).toString("hex") });
  await append(body, [{ name: "facts", subject: "site", key: keys.site, plaintext }]);
}

async function append(body: string, parts: Append["parts"]): Promise<void> {
  const { index, leaf } = await log.append({ body, parts });
  console.log(`${index} ${hash("sha256", leaf, "base64url")}`);
}
