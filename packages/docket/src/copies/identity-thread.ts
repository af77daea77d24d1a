// SPDX-License-Identifier: Apache-2.0
// Writes the identity map in the form that is copied, once, and ends: it may take a while.
import { workerData } from "node:worker_threads";
import type { KeyFolder } from "../evidence/key-folder.ts";
import { writePortableIdentity } from "../stores/sqlite/portable-identity.ts";

/** What the thread is started with. */
export type IdentityCopyStart = { from: string; target: string; folder: KeyFolder };

const { from, target, folder } = workerData as IdentityCopyStart;
writePortableIdentity(from, target, folder);
