// SPDX-License-Identifier: Apache-2.0
// Crashes and power losses at every kind of moment, by seed: what was answered must be in the log afterwards,
// unaltered, the signed roots must stand, and recovery must never refuse. A seed that fails is printed with its error.
import assert from "node:assert/strict";
import { hash, randomFillSync } from "node:crypto";
import { posix } from "node:path";
import { test } from "node:test";
import { encodeBody } from "@docket/protocol";
import {
  appendLeafHash,
  decodeEntryBundle,
  emptyFrontier,
  encodeBase64Url,
  entriesPath,
  frontierRoot,
  generateSignerKey,
  leafHash,
  openCheckpoint,
  parseProof,
  parseSignerKey,
  parseVerifierKey,
  sha256,
  tilePath,
  tilesOfSize,
  tileWidth,
  utf8,
  verifyInclusion,
} from "@docket/tlog";
import { createSecretKey } from "node:crypto";
import { CrashError, MemoryDisk, systemError } from "../testing/memory-disk.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { BatchVoidError } from "./journal.ts";
import { loadMaterialised, writeState } from "./materialised.ts";
import { Materialiser } from "./materialiser.ts";
import { recordOffsets } from "./parts-bundle.ts";
import { logPaths } from "./paths.ts";
import { recoverLog } from "./recovery.ts";
import { Sequencer } from "./sequencer.ts";
