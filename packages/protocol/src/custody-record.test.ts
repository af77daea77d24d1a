// SPDX-License-Identifier: Apache-2.0
// Records of how the log is kept: what is written is read back, and nothing else is read.
import * as fc from "fast-check";
import {
  anchorSources,
  clockStates,
  custodyKeys,
  custodyOptionalKeys,
  erasureSteps,
  evidenceKeys,
  gapCauses,
  personChanges,
  requestSteps,
  signInChanges,
} from "./custody-record.ts";
import { common, digest, testKinds } from "./testing/record-kinds.ts";
import type { Values } from "./testing/record-kinds.ts";

const { actor, by, code, count, flag, role, subject, time } = common;
const docket = fc.constant("docket");
const base64 = fc
  .uint8Array({ minLength: 1, maxLength: 30 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));
const name = fc.stringMatching(/^[ -~]{1,40}$/);
const hash = fc.constant(digest);
const hashOrNull = fc.option(hash);

const shared: Values = {
  by,
  role,
  of: count,
  for: count,
  count,
  size: count,
  actor,
  subject,
  ground: code,
  what: code,
  act: code,
  method: code,
  name,
  from: time,
  until: time,
  person: fc.stringMatching(/^p_[A-Za-z0-9_-]{16}$/),
  alone: flag,
};

testKinds(custodyKeys, custodyOptionalKeys, shared, {
  clock: {
    by: docket,
    state: fc.constantFrom(...clockStates),
    offsetMs: fc.integer(),
    agreeing: count,
    asked: count,
  },
  "clock-correction": { backMs: count },
  heartbeat: { by: docket, everySeconds: count },
  anchor: {
    by: docket,
    root: hash,
    source: fc.constantFrom(...anchorSources),
    stampedAt: time,
    accuracyMs: fc.option(count),
    stamp: base64,
    request: fc.oneof(base64, fc.constant("")),
  },
  "key-rotation": { key: fc.constantFrom(...evidenceKeys) },
  configuration: { hash: hashOrNull, previous: hashOrNull },
  erasure: {
    step: fc.constantFrom(...erasureSteps),
    request: count,
    approved: count,
    suppressed: count,
  },
  "legal-hold": { change: fc.constantFrom("placed", "lifted") },
  retention: { by: docket, part: fc.constantFrom("content", "disclosed"), before: count },
  "sign-in": { change: fc.constantFrom(...signInChanges) },
  person: {
    change: fc.constantFrom(...personChanges),
    roles: fc.array(role, { maxLength: 3 }),
  },
  "request-step": { step: fc.constantFrom(...requestSteps) },
  replica: { change: fc.constantFrom("added", "removed", "behind", "caughtUp") },
  drill: {
    result: fc.constantFrom("passed", "failed"),
    from: name,
    lostRecords: count,
    lostMs: count,
    tookMs: count,
  },
  gap: { by: docket, cause: fc.constantFrom(...gapCauses), unsealed: count, refused: count },
});
