// SPDX-License-Identifier: Apache-2.0
// What is taken out at once and takes a second person above level solo, as it is asked for.
import type { JsonObject } from "@docket/protocol";
import { formatTime } from "@docket/protocol";
import type { RequestWish } from "./contract.ts";

/** The wish to take out the statements of reasons of a period. @param options how they are written */
export function statementsWish(
  { fromMs, toMs }: { fromMs: number; toMs: number },
  options: object,
  why: string,
): RequestWish {
  const how = JSON.parse(JSON.stringify(options)) as JsonObject;
  const what = { export: "statements", from: formatTime(fromMs), to: formatTime(toMs), ...how };
  return { act: "bulkRead", what, why };
}
