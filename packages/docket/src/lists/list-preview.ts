// SPDX-License-Identifier: Apache-2.0
// What a change of a list would have done to the events of the last week: asked before it is made. Nothing is
// kept or sealed; one is previewed at a time, in a thread of its own, so that serving isn't held up.
import { DocketError } from "../error.ts";
import type { ReleaseLists } from "../releases/release.ts";
import type { Preview } from "../releases/review.ts";
import type { ListChangePreview, ListImpact } from "./contract.ts";
import type { ProposedChange, SiteLists, WishedChange } from "./site-lists.ts";

/** Longest a preview may take, in ms. */
export const listPreviewMsMax = 60_000;
/** Most previews that wait for the one that runs. */
export const listPreviewsWaitingMax = 4;

/**
 * Has the release in force decide recent history: as it is, or with other versions of its lists, of which the
 * change is kept nowhere.
 */
export type ListPreviewer = (
  signal: AbortSignal,
  changed?: {
    readonly lists: ReleaseLists;
    readonly change: Pick<ProposedChange, "name" | "version" | "bytes">;
  },
) => Promise<Preview>;

/** What previews are made with. */
export type ListPreviewPorts = {
  readonly lists: SiteLists;
  /** Absent where nothing can preview. */
  readonly preview?: ListPreviewer | undefined;
  /** Whether other entries may restrict more; `undo` takes them back. */
  readonly restrictsMore: (list: string, undo: ReturnType<ProposedChange["undo"]>) => boolean;
  /** Ms since 1970. */
  readonly clock: () => number;
  /** Calls back once after that many ms; gives what takes the call back. */
  readonly timer: (ms: number, run: () => void) => () => void;
};

/** Previews changes of the lists of one site. */
export class ListPreviews {
  readonly #ports: ListPreviewPorts;
  readonly #stop = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(ports: ListPreviewPorts) {
    this.#ports = ports;
  }

  /**
   * @throws {ProtocolError} `schema_mismatch` for an entry that can't be read
   * @throws {DocketError} `not_found`, `policy_invalid`; `overloaded` if too many wait
   */
  async preview(name: string, wished: WishedChange): Promise<ListChangePreview> {
    const { lists, clock, restrictsMore } = this.#ports;
    const proposed = lists.propose(name, wished, clock());
    if (proposed === undefined) {
      const { version } = lists.head(name);
      return { list: name, version, added: 0, removed: 0, restrictsMore: false, preview: null };
    }
    const { kind, version, added, removed } = proposed;
    if (this.#waiting >= listPreviewsWaitingMax) {
      throw new DocketError("overloaded", "other changes of lists are being previewed; ask again", {
        retryAfterSeconds: 10,
      });
    }
    this.#waiting += 1;
    const previewed = this.#last.then(() => {
      // The version must be known to be named; it is forgotten again when others come.
      proposed.apply();
      return this.#run(lists.withVersion({ name, kind, version }), proposed);
    });
    this.#last = previewed.catch(() => undefined).finally(() => (this.#waiting -= 1));
    const preview = await previewed;
    return {
      list: name,
      version,
      added,
      removed,
      restrictsMore: restrictsMore(name, proposed.undo()),
      preview,
    };
  }

  /** Ends what runs. */
  async close(): Promise<void> {
    this.#stop.abort(new DocketError("log_closed", "the site is being closed"));
    await this.#last;
  }

  async #run(lists: ReleaseLists, change: ProposedChange): Promise<ListImpact> {
    const { preview, timer } = this.#ports;
    if (preview === undefined) return { ran: false, why: "nothing is wired that could preview" };
    const late = new AbortController();
    const cancelTimer = timer(listPreviewMsMax, () => late.abort());
    try {
      const signal = AbortSignal.any([late.signal, this.#stop.signal]);
      signal.throwIfAborted();
      // What was recorded was decided with the lists of then: only the release in force says what the change
      // alone comes to.
      const before = await preview(signal);
      if (!before.ran) return before;
      return difference(before, await preview(signal, { lists, change }));
    } catch (error) {
      if (!late.signal.aborted) throw error;
      return { ran: false, why: `it was not done after ${listPreviewMsMax / 1000} s` };
    } finally {
      cancelTimer();
    }
  }
}

function difference(before: Preview & { ran: true }, after: Preview): ListImpact {
  if (!after.ran) return after;
  const { from, to, events, notes = [] } = after;
  const hits = new Map(before.rules.map((rule) => [`${rule.policy}/${rule.rule}`, rule.after]));
  const rules = after.rules.map(({ policy, rule, after: hit }) => {
    const had = hits.get(`${policy}/${rule}`) ?? 0;
    hits.delete(`${policy}/${rule}`);
    return { rule: `${policy}/${rule}`, before: had, after: hit };
  });
  const gone = [...hits].map(([rule, had]) => ({ rule, before: had, after: 0 }));
  const outcomes = { before: before.outcomes?.after ?? {}, after: after.outcomes?.after ?? {} };
  return { ran: true, from, to, events, outcomes, rules: [...rules, ...gone], notes };
}
