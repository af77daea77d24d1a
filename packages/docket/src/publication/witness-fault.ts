// SPDX-License-Identifier: Apache-2.0
// What is wrong with a witness, or with the log, in words for the operator.
import type { WitnessAnswer } from "./ask-witness.ts";
import type { WitnessEndpoint } from "./witness-policy.ts";

/** Whether an answer contradicts the log: then it is the log that somebody must look at first. */
export function isAlarm({ kind }: WitnessAnswer): boolean {
  return kind === "ahead" || kind === "conflict";
}

/**
 * Says what an answer came to; undefined if all is well.
 *
 * @param size of the log
 * @param shown whether the witness showed a checkpoint with the log's own signature that contradicts the log
 */
export function faultOf(
  { name, url }: WitnessEndpoint,
  size: number,
  answer: WitnessAnswer,
  shown: boolean,
): string | undefined {
  const who = `the witness ${name} (${url})`;
  const proof = shown
    ? "It shows a checkpoint with this log's own signature, which is in the server's log"
    : "It shows no checkpoint with this log's signature that says so, and may err";
  switch (answer.kind) {
    case "cosigned":
      return undefined;
    case "ahead":
      return (
        `${who} says that it has cosigned ${answer.size} records of this log, which holds ${size}: this ` +
        "log may have been put back to an older state. Compare it with every copy, and find out before " +
        `more is sealed. ${proof}`
      );
    case "conflict":
      return (
        `${who} says that this log of ${size} records does not begin with the ${answer.size} records that ` +
        "it cosigned: this log may have been changed or forked. Compare it with every copy, and find out " +
        `before more is sealed. ${proof}`
      );
    case "refused":
      return `${who} ${refusals[answer.status] ?? `answers with status ${answer.status}`}`;
    case "invalid":
      return `${who} gives a wrong answer: ${answer.why}`;
    case "unreachable":
      return `${who} does not answer: ${answer.why}`;
    case "unproved":
      return `${who} could not be asked, because no proof could be made for it: ${answer.why}`;
  }
}

const refusals: Readonly<Record<number, string>> = {
  400: "says that the request is malformed (400)",
  403: "does not know the key that this log signs with (403): give it log.vkey",
  404: "does not know this log (404): give it log.vkey",
  429: "wants to be asked less often (429)",
};
