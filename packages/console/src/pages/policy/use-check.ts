// SPDX-License-Identifier: Apache-2.0
import type { PolicyFile } from "@docket/policy";
import { useEffect, useRef, useState } from "react";
import { startWorker } from "../../parts/worker.ts";
import type { Checked } from "./check.ts";
import type { CheckLists, CheckMessage, CheckQuestion } from "./check.worker.ts";
// oxlint-disable-next-line import/default -- the bundler makes it
import workerUrl from "./check.worker.ts?worker&url";
import type { Construct } from "./constructs.ts";
import type { DeclaredList, GivenList, LeftList } from "./test-lists.ts";
import { useTestLists } from "./use-test-lists.ts";

/** What a check says so far. */
export type CheckState = {
  /** Of the newest files that were checked; `undefined` before the first. */
  readonly checked: Checked | undefined;
  /** Whether newer files are being checked. */
  readonly busy: boolean;
  readonly vocabulary: readonly Construct[];
  /** Lists that tests ran without, or that are empty. */
  readonly left: readonly LeftList[];
};

/** What was checked, and what was found in it. */
type Answered = {
  readonly files: readonly PolicyFile[];
  readonly given: readonly GivenList[];
  readonly checked: Checked;
};

const noLists: readonly DeclaredList[] = [];

/** Typing goes on for at most so long, in ms, before what is there is checked. */
const pauseMs = 250;

/**
 * Checks files whenever they change; nothing while there are none.
 *
 * @param tests whether their tests are looked at: only then lists are read for them
 */
export function useCheck(files: readonly PolicyFile[] | undefined, tests = false): CheckState {
  const [answered, setAnswered] = useState<Answered>();
  const [words, setWords] = useState<readonly Construct[]>([]);
  const worker = useRef<Worker>(undefined);
  const newest = useRef<Omit<Answered, "checked"> & { readonly id: number }>(undefined);
  const [declared, setDeclared] = useState(noLists);
  const { given, left, reads } = useTestLists(tests ? declared : noLists);
  useEffect(() => {
    const started = startWorker(workerUrl);
    worker.current = started;
    started.addEventListener("message", ({ data }: MessageEvent<CheckMessage>) => {
      if ("vocabulary" in data) {
        setWords(data.vocabulary);
        return;
      }
      // What was asked before that is of files that are others now.
      const asked = newest.current;
      if (data.id !== asked?.id) return;
      setAnswered({ files: asked.files, given: asked.given, checked: data.checked });
      // Of files with a mistake nothing is known: what they declared before is kept for when it is mended.
      if (data.checked.findings.every(({ kind }) => kind !== "error")) setDeclared(data.checked.lists);
    });
    return () => started.terminate();
  }, []);
  useEffect(() => {
    const lists: CheckLists = { lists: given };
    worker.current?.postMessage(lists);
  }, [given]);
  useEffect(() => {
    if (files === undefined) return undefined;
    const timer = setTimeout(() => {
      const id = (newest.current?.id ?? 0) + 1;
      newest.current = { id, files, given };
      const question: CheckQuestion = { id, files, nowMs: Date.now() };
      worker.current?.postMessage(question);
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [files, given]);
  // Compared, not told: there is no moment at which files that nobody has checked look as if they were right.
  const busy = reads || answered === undefined || answered.files !== files || answered.given !== given;
  return { checked: answered?.checked, busy, vocabulary: words, left };
}
