// SPDX-License-Identifier: Apache-2.0
// The worker that checks policy files, so that typing is not held up.
import type { PolicyFile } from "@docket/policy";
import { refuseGeneratedCode } from "../../parts/no-generated-code.ts";
import { checkFiles, viewsOf, vocabulary } from "./check.ts";
import type { Checked, ListViews } from "./check.ts";
import type { Construct } from "./constructs.ts";
import type { GivenList } from "./test-lists.ts";

/** The lists that tests run with from now on. */
export type CheckLists = { readonly lists: readonly GivenList[] };
/** What it is asked. */
export type CheckQuestion = {
  readonly id: number;
  readonly files: readonly PolicyFile[];
  readonly nowMs: number;
};
/** What it answers: first what conditions may read, then a check each. */
export type CheckMessage =
  | { readonly vocabulary: readonly Construct[] }
  | { readonly id: number; readonly checked: Checked };

refuseGeneratedCode();
const port = self as unknown as {
  addEventListener: (
    type: "message",
    take: (event: MessageEvent<CheckLists | CheckQuestion>) => void,
  ) => void;
  postMessage: (message: CheckMessage) => void;
};
let views: ListViews = new Map();
port.addEventListener("message", ({ data }) => {
  if ("lists" in data) {
    views = viewsOf(data.lists);
    return;
  }
  const { id, files, nowMs } = data;
  port.postMessage({ id, checked: checkFiles(files, nowMs, views) });
});
port.postMessage({ vocabulary: vocabulary() });
