// SPDX-License-Identifier: Apache-2.0
// An index of texts over a data directory that a server has open: it reads the log's files as they are
// published, and the identity map beside its writer.
import { join } from "node:path";
import { disk } from "../stores/files/node-disk.ts";
import { openActorKeys } from "../stores/sqlite/actor-keys.ts";
import { openTextFile } from "../stores/sqlite/text-file.ts";
import type { TextAnswer, TextIndexStart, TextThreadQuestion } from "./contract.ts";
import { textsOfBundle } from "./read-texts.ts";
import { termsVersion } from "./terms.ts";
import { TextMemory } from "./text-memory.ts";
import { searchTexts, unlockNext } from "./text-search.ts";
import type { TextSearchPorts } from "./text-search.ts";

/** An index of texts. Its calls block: it belongs into a thread of its own. */
export type BlockingTextIndex = {
  answer(question: TextThreadQuestion): TextAnswer | undefined;
  /** Unlocks some more of what was sealed before the last question; whether there may be more to do. */
  unlockMore(): boolean;
  close(): void;
};

/** Opens it. */
export function openTextIndexHere(start: TextIndexStart): BlockingTextIndex {
  const { paths, origin, folder, identity, file } = start;
  const store = openTextFile(file, `${termsVersion} ${origin}`);
  const memory = new TextMemory();
  const source = {
    origin,
    store,
    read: (path: string) => disk.readFile(join(paths.site, path)),
    actorKey: openActorKeys({ identity, journalled: [], folder }),
  };
  const ports: TextSearchPorts = {
    memory,
    textsOf: (bundle, width) => textsOfBundle(source, bundle, width),
    nowMs: () => performance.now(),
  };
  // All bundles from `below` on were unlocked once, of the records that there were then.
  const unlocking = { size: 0, below: 0 };
  return {
    answer: (asked) => {
      if (asked.ask === "find") {
        const { question } = asked;
        if (question.size > unlocking.size) {
          Object.assign(unlocking, { size: question.size, below: Math.ceil(question.size / 256) });
        }
        return searchTexts(ports, question);
      }
      if (asked.ask === "forget") {
        memory.forget(asked.actors);
        for (const actor of asked.actors) store.forget(actor);
      } else {
        memory.drop(asked.bundle);
        store.drop(asked.bundle);
      }
      return undefined;
    },
    unlockMore: () => {
      const next = unlockNext(ports, unlocking.size, unlocking.below);
      unlocking.below = next ?? 0;
      return next !== undefined;
    },
    close: () => store.close(),
  };
}
