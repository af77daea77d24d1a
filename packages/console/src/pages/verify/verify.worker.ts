// SPDX-License-Identifier: Apache-2.0
// The worker that verifies: it is told once what, says how far it is, and at last what came of it.
import { VerifyError } from "@docket/verify";
import { GivenError, verifyServed } from "./job.ts";
import type { VerifyJob } from "./job.ts";
import type { FromVerifier } from "./messages.ts";

/** How often progress is told, in ms. */
const progressEveryMs = 60;

function say(message: FromVerifier): void {
  postMessage(message);
}

addEventListener("message", ({ data }: MessageEvent<VerifyJob>) => {
  let toldMs = 0;
  verifyServed(
    data,
    (url, init) => fetch(url, init),
    (progress) => {
      const nowMs = performance.now();
      if (nowMs - toldMs < progressEveryMs) return;
      toldMs = nowMs;
      say({ kind: "progress", progress });
    },
  ).then(
    (done) => say({ kind: "done", done }),
    (error: unknown) => {
      const { message } = error as Error;
      const isKnown = error instanceof VerifyError || error instanceof GivenError;
      say({ kind: "failed", message: isKnown ? message : `the check itself failed: ${message}` });
    },
  );
});
