// SPDX-License-Identifier: Apache-2.0
// What an open site is made of, and what is handed to it to be sealed.
import type { ActChange } from "@docket/policy";
import type { BodyWithoutParts, ReleaseBody } from "@docket/protocol";
import type { Suppressions } from "../erasure/suppressions.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { ActorEntry } from "../log/frame.ts";
import type { Log } from "../log/log.ts";
import type { LogReader } from "../log/reader.ts";
import type { Origin } from "../rollout/brake-state.ts";
import type { RuleModes } from "../rollout/rule-modes.ts";
import type { CounterKeeper } from "./counter-keeper.ts";
import type { Engine } from "./engine.ts";
import type { OpenSiteOptions } from "./open-site.ts";

/** What a site is made of. */
export type SitePorts = OpenSiteOptions & {
  log: Log;
  reader: LogReader;
  engine: Engine;
  keeper: CounterKeeper;
  modes: RuleModes;
  /** Who made the change with which a release comes. */
  originOf: (body: ReleaseBody) => Origin;
  /**
   * What is said after the start, where the log doesn't say so already: which release is in force, and which
   * configuration.
   */
  openingRecords: readonly BodyWithoutParts[];
  newRestrictionId: () => string;
  /** What lives on of restrictions on accounts that were erased; without it nothing does. */
  suppressions?: Suppressions | undefined;
  /** Called in the turn in which a decision is appended, after it. */
  onDecided: () => void;
  /** Told of a record of the site's own when it is durable. */
  onOwnRecord: (record: { kind: string; leaf: string }) => void;
};

/** What follows a record of the site's own. */
export type SealHooks = {
  /** Actors that were made for it: see {@link DocketSite.actorOf}. */
  readonly actors?: readonly ActorEntry[];
  /** Called if it is certain that it was not sealed, before the next event is decided. */
  readonly undo?: () => void;
  /** Called when it is durable. */
  readonly onSealed?: (index: number) => void;
};
/** A record that changes the standing of an actor or another subject. */
export type Act = {
  readonly body: BodyWithoutParts;
  readonly parts: readonly PlainPart[];
  readonly subject: string;
  readonly change: ActChange;
};
