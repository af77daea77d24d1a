// SPDX-License-Identifier: Apache-2.0
// Records of how the log is kept, as people read them.
import type { CustodyBody } from "@docket/protocol";

/** What such a record says, in a sentence. */
export function custodyHeadline(record: CustodyBody): string {
  switch (record.kind) {
    case "clock":
      return `${clockWords[record.state]} (${record.agreeing} of ${record.asked} sources agree)`;
    case "clock-correction":
      return `the clock went back by up to ${record.backMs} ms, and is right from here on`;
    case "heartbeat":
      return `nothing was to be sealed; the next record comes within ${record.everySeconds} s`;
    case "anchor":
      return `${record.name} stamped the log's first ${record.size} records`;
    case "key-rotation":
      return `the key ${record.key} was changed`;
    case "configuration":
      return "the configuration was changed";
    case "erasure":
      return record.step === "ordered" ? "an actor's data is to be erased" : "an actor's data is erased";
    case "legal-hold":
      return `a legal hold was ${record.change}`;
    case "retention":
      return `${record.count} parts ${record.part} below record ${record.before} were dropped by their age`;
    case "read":
      return `somebody read ${record.what}${record.of === undefined ? "" : ` of record ${record.of}`}`;
    case "sign-in":
      return `${signInWords[record.change]} (${record.method})`;
    case "person":
      return `a person's account: ${personWords[record.change]}`;
    case "request":
      return `a second person is asked for: ${record.act}`;
    case "request-step":
      return `the request of record ${record.of} is ${record.step}`;
    case "replica":
      return `the copy ${record.name} ${replicaWords[record.change]} at size ${record.size}`;
    case "drill":
      return `a restore from ${record.from} was tried and ${record.result}`;
    case "gap":
      return `from ${record.from} to ${record.until} nothing could be sealed (${record.cause})`;
  }
}

/** What it says besides, a row for each thing. */
export function custodyRows(record: CustodyBody): string[][] {
  const hidden = new Set(["kind", "by", "stamp", "request", "parts"]);
  return Object.entries(record)
    .slice(headerKeys)
    .filter(([name, value]) => !hidden.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)]);
}

/** How many keys of a record precede those of its body. */
const headerKeys = 5;
const clockWords = {
  checked: "the clock agrees with its sources",
  unreachable: "too few of the clock's sources answer",
  disagreeing: "the clock's sources disagree",
  stepped: "the clock jumped",
  drifting: "the clock runs faster or slower than it should",
};
const signInWords = {
  in: "a person signed in",
  out: "a person signed out",
  refused: "a sign-in was refused",
  ended: "a session was ended",
  locked: "sign-ins are refused for a while, after too many failures",
};
const personWords = {
  added: "added",
  changed: "its roles were changed",
  removed: "removed",
  secret: "its secret was changed",
  factor: "its second factor was changed",
};
const replicaWords = {
  added: "was added",
  removed: "was removed",
  behind: "fell behind",
  caughtUp: "caught up",
};
