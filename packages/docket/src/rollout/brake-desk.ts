// SPDX-License-Identifier: Apache-2.0
// Where brakes meet people: what was tripped is sealed and told, and whoever looked at it gives the power
// back. Each of both is a record, and memory changes in the turn in which the record is appended.
import type { BodyWithoutParts, BrakeFacts, DutyLevel } from "@docket/protocol";
import { encodeBrakeFacts } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author, Keys } from "../releases/duties.ts";
import type { Undo } from "./actor-cells.ts";
import type { Watched } from "./brake-state.ts";
import type { RuleModes } from "./rule-modes.ts";

/** Longest reason for a confirmation, in characters. */
export const confirmWhyLengthMax = 4000;

/** How duties stand: what `ChangeState` of the releases has. */
export type Duties = {
  readonly level: DutyLevel;
  /** Keys and people by id. */
  readonly keys: Keys;
};

/** What happens to a record that is being sealed. */
export type SealHooks = {
  /** Called if it is certain that it was not sealed, before the next event is decided. */
  readonly undo: Undo;
  /** Called when it is durable. */
  readonly onSealed?: (index: number) => void;
};

/** What the desk leans on. */
export type BrakeDeskPorts = {
  readonly modes: RuleModes;
  /** Appends a record at once, in the same turn; resolves with its index when it is durable. */
  readonly seal: (
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
    hooks: SealHooks,
  ) => Promise<{ readonly index: number }>;
  /** The release in force. */
  readonly release: () => string;
  readonly duties: () => Duties;
  /** Seals parts that belong to the site. */
  readonly siteKey: Uint8Array;
  /** Told of each brake that is drawn, for the operator's log. */
  readonly onBrake?: ((facts: BrakeFacts) => void) | undefined;
};

/** A brake that waits for a person. */
export type BrakeView = Omit<BrakeFacts, "v"> & {
  /** Index of its record; `null` while that is being sealed. */
  index: number | null;
  /** Events that it would have hit since; of a cap, actors who weren't restricted because of it. */
  hitsSince: number;
};

/** How brakes stand. */
export type BrakesView = {
  /** Brakes and caps that wait for a person, oldest first. */
  brakes: BrakeView[];
  /** What is new or changed, and how it fares. */
  watched: Watched[];
};

/** A confirmation, as it was sealed. */
export type Confirmed = { index: number; of: number; key: string; alone: boolean };

/** Brakes of a site, as HTTP and the command line see them. */
export type SiteBrakes = Pick<BrakeDesk, "view" | "figures" | "confirm">;

/** Brakes of a site. */
export class BrakeDesk {
  readonly #ports: BrakeDeskPorts;

  constructor(ports: BrakeDeskPorts) {
    this.#ports = ports;
  }

  /** How brakes stand. */
  view(): BrakesView {
    const { modes } = this.#ports;
    const brakes = modes.inForce().map(({ index, facts: { v: _v, ...facts }, hitsSince }) => ({
      index,
      ...facts,
      hitsSince,
    }));
    return { brakes, watched: modes.watched() };
  }

  /** How many brakes wait for a person, and how many measures were left out since the start. */
  figures(): { waiting: number; capped: number } {
    const { modes } = this.#ports;
    return { waiting: modes.inForce().length, capped: modes.cappedMeasures };
  }

  /**
   * Takes away the power of what the decision tripped that was noted last, and seals it. Call in the turn in
   * which that decision is appended, after it.
   */
  sealTrips(): void {
    const { modes, seal, release, siteKey, onBrake } = this.#ports;
    for (const facts of modes.takeTrips()) {
      const undo = modes.brake(facts);
      const plaintext = encodeBrakeFacts(facts);
      const part: PlainPart = { name: "facts", subject: "site", key: siteKey, plaintext };
      const { cap } = facts;
      const onSealed = (index: number): void => modes.sealed(facts, index);
      // Nobody waits for it. If it isn't sealed, it is undone, and trips again with the next hit.
      seal({ kind: "brake", by: "docket", release: release(), cap }, [part], { undo, onSealed }).then(
        () => onBrake?.(facts),
        () => undefined,
      );
    }
  }

  /**
   * Gives the power back, from the next event on.
   *
   * @throws {DocketError} `not_found` if no such brake is in force, `approval_needed` if somebody else must,
   *   `usage` without a reason
   */
  async confirm({ author, of, why }: { author: Author; of: number; why: string }): Promise<Confirmed> {
    const { modes, seal, duties, siteKey } = this.#ports;
    if (why.trim() === "" || why.length > confirmWhyLengthMax) {
      throw new DocketError("usage", `say why, in at most ${confirmWhyLengthMax} characters`);
    }
    const brake = modes.inForce().find(({ index }) => index === of);
    if (brake === undefined) {
      throw new DocketError(
        "not_found",
        `record ${of} is no brake that waits for a person: it was confirmed, or what it stopped has changed`,
      );
    }
    const refused = objection(duties(), brake.facts, of, author);
    if (refused !== undefined) throw new DocketError("approval_needed", refused);
    const undo = modes.confirm(of);
    if (undo === undefined) throw new Error("a brake that is in force can be confirmed");
    const alone = author.by === brake.facts.changedBy;
    const plaintext = JSON.stringify({ v: 1, why });
    const part: PlainPart = { name: "change", subject: "site", key: siteKey, plaintext };
    const { index } = await seal({ kind: "confirm", by: author.by, of, alone }, [part], { undo });
    return { index, of, key: brake.facts.key, alone };
  }
}

// As whoever proposed a change may not approve it, they may not confirm it when it was stopped: Docket knows
// keys, not persons, so the key must have been there before the brake.
function objection(
  { level, keys }: Duties,
  { changedBy }: BrakeFacts,
  of: number,
  author: Author,
): string | undefined {
  if (level === "solo") return undefined;
  const key = keys.get(author.by);
  if ((key?.holder ?? author.by) === (keys.get(changedBy)?.holder ?? changedBy)) {
    return `you made the change that was stopped; at level ${level} somebody else confirms it`;
  }
  const madeAt = key?.madeAt;
  if (author.by !== "operator" && (madeAt === undefined || madeAt > of)) {
    return `your key was made after the brake; at level ${level} it takes one that was there before`;
  }
  const role = changedBy === "operator" ? "operator" : keys.get(changedBy)?.role;
  if (level === "strict" && author.role === role) {
    return `whoever made the change is ${author.role} too; at level strict another role confirms it`;
  }
  return undefined;
}
