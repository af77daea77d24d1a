// SPDX-License-Identifier: Apache-2.0
// Replays bundles of records: what a thread of `docket replay` does. Each decision is made again from its own
// facts, and where that is asked for from its evidence; what later decisions read of it goes back to the main
// thread, which follows the state in the log's order.
import { readActFacts } from "@docket/protocol";
import { tileWidth } from "@docket/tlog";
import {
  isReleaseFault,
  filesOwner,
  keptReleaseBytesMax,
  openRelease,
  readFacts,
  replayDecision,
} from "@docket/verify/replay";
import type { ReleaseFault, ReplayFinding, ReplayRelease } from "@docket/verify/replay";
import { openPart } from "../../evidence/seal.ts";
import { readBundle } from "../../log/record-bundle.ts";
import type { ReadLogFile, ReadRecord } from "../../log/record-bundle.ts";
import { noEvidence, openEvidence } from "./evidence.ts";
import type { EvidenceStart, EvidenceTally, EvidenceReplayer } from "./evidence.ts";
import { modelFault } from "./models.ts";

/** What a replayer is started with. */
export type ReplayerStart = {
  /** The directory with `tile/` and `parts/`. */
  directory: string;
  /** The directory of the kept releases. */
  releases: string;
  /** The directory of the kept models. */
  models: string;
  origin: string;
  siteKey: Uint8Array;
  /** What evidence is opened with, if it is to be. */
  evidence: EvidenceStart | undefined;
};

/** Bundles to replay. */
export type ReplayQuestion = {
  first: number;
  count: number;
  /** Records that the checkpoint covers. */
  size: number;
  /** The records that are asked about; of earlier ones only what later ones read is wanted. */
  from: number;
  to: number;
  /** Whether what later decisions read is wanted. */
  state: boolean;
};

/** A decision, verdict or measure as the state is followed by: its leaf and its facts, both as texts. */
export type StateItem = { leaf: string; facts: string };

/** What came out of some bundles. */
export type ReplayAnswer = {
  /** Records that were asked about, and decisions among them. */
  records: number;
  decisions: number;
  /** Decisions that were made again. */
  replayed: number;
  /** The first ones; `findingCount` is how many there were. */
  findings: ReplayFinding[];
  findingCount: number;
  /**
   * In the order of the log: decisions, verdicts and measures; `adopted`, a release that came into force;
   * `lost` where one could not be read.
   */
  items: (StateItem | { adopted: string; index: number } | { lost: string; index: number })[];
  /** Releases that decisions were made under, each with the first of them. */
  releases: { id: string; index: number }[];
  /** Records of emergency brakes that held back an entry of a list. */
  brakes: number[];
  evidence: EvidenceTally;
};

/** Most findings that one answer spells out. */
const findingsPerAnswerMax = 200;

/** Records that change what later decisions read. */
const stateKinds: ReadonlySet<string> = new Set(["decision", "verdict", "measure"]);

/** How the facts of a brake name an entry of a list. */
const brakedEntry = '"what":"entry"';

/** Replays bundles of a log. */
export class Replayer {
  readonly #start: ReplayerStart;
  readonly #read: ReadLogFile;
  readonly #readRelease: ReadLogFile;
  readonly #readModel: ReadLogFile;
  readonly #releases = new Map<string, ReplayRelease | ReleaseFault>();
  readonly #evidence: EvidenceReplayer | undefined;

  /**
   * @param readIn gives the reader of a directory's files
   */
  constructor(start: ReplayerStart, readIn: (directory: string) => ReadLogFile) {
    this.#start = start;
    this.#read = readIn(start.directory);
    this.#readRelease = readIn(start.releases);
    this.#readModel = readIn(start.models);
    this.#evidence = start.evidence && openEvidence(start.evidence, start.origin);
  }

  /** Replays some bundles. */
  replay(question: ReplayQuestion): ReplayAnswer {
    const answer = emptyAnswer();
    for (let bundle = question.first; bundle < question.first + question.count; bundle++) {
      const width = Math.min(tileWidth, question.size - bundle * tileWidth);
      for (const read of readBundle(this.#read, bundle, width)) this.#record(read, question, answer);
    }
    return answer;
  }

  /** The release of a hash. */
  release(id: string): ReplayRelease | ReleaseFault {
    let release = this.#releases.get(id);
    if (release === undefined) {
      const kept = this.#keptRelease(id);
      const owner = kept === undefined ? undefined : filesOwner(kept);
      release = openRelease(id, kept, owner === undefined ? undefined : this.#keptRelease(owner));
      const fault = isReleaseFault(release) ? undefined : modelFault(release, this.#readModel);
      if (fault !== undefined) release = { id, fault };
      this.#releases.set(id, release);
    }
    return release;
  }

  #keptRelease(id: string): string | undefined {
    const kept = this.#readRelease(`${id}.json`, keptReleaseBytesMax);
    return kept && Buffer.from(kept).toString("utf8");
  }

  #record(read: ReadRecord, { from, to, state }: ReplayQuestion, answer: ReplayAnswer): void {
    const { index, record, fault } = read;
    const isAsked = index >= from && index < to;
    if (isAsked) answer.records += 1;
    if (fault !== undefined && isAsked) this.#found(answer, [recordFinding(index, fault)]);
    if (record === undefined || fault !== undefined) {
      if (record === undefined || stateKinds.has(record.kind))
        answer.items.push({ index, lost: fault ?? "" });
      return;
    }
    const opened = this.#openFacts(read);
    if (record.kind === "brake" && opened?.includes(brakedEntry) === true) answer.brakes.push(index);
    if (record.kind === "release" && state) answer.items.push({ index, adopted: record.release });
    if (record.kind === "verdict" || record.kind === "measure") {
      this.#act(read, opened, { isAsked, state }, answer);
    }
    if (record.kind !== "decision") return;
    const facts = opened === undefined ? undefined : readFacts(opened);
    if (isAsked) answer.decisions += 1;
    if (opened === undefined || facts === undefined) {
      const reason =
        opened === undefined
          ? "its facts cannot be opened with the site's key"
          : "its facts are not canonical";
      if (isAsked) this.#found(answer, [recordFinding(index, reason)]);
      answer.items.push({ index, lost: reason });
      return;
    }
    if (state) answer.items.push({ leaf: read.leaf, facts: opened });
    if (!isAsked) return;
    const release = this.release(record.release);
    if (!answer.releases.some(({ id }) => id === record.release)) {
      answer.releases.push({ id: record.release, index });
    }
    if (isReleaseFault(release)) return;
    answer.replayed += 1;
    this.#found(answer, replayDecision(release, record, facts));
    if (this.#evidence === undefined) return;
    const input = { release, record, facts, parts: read.parts };
    this.#found(answer, this.#evidence.replay(input, answer.evidence));
  }

  #act(
    { index, leaf }: ReadRecord,
    opened: string | undefined,
    { isAsked, state }: { isAsked: boolean; state: boolean },
    answer: ReplayAnswer,
  ): void {
    const fault =
      opened === undefined
        ? "its facts cannot be opened with the site's key"
        : readActFacts(opened) === undefined
          ? "its facts are not canonical"
          : undefined;
    if (fault === undefined) {
      if (state) answer.items.push({ leaf, facts: opened as string });
      return;
    }
    if (isAsked) this.#found(answer, [recordFinding(index, fault)]);
    answer.items.push({ index, lost: fault });
  }

  #openFacts({ parts }: ReadRecord): string | undefined {
    const sealed = parts.find((part) => part.name === "facts");
    const opened = sealed && openPart(sealed.bytes, "facts", this.#start.siteKey, this.#start.origin);
    return opened?.plaintext.toString("utf8");
  }

  #found(answer: ReplayAnswer, findings: readonly ReplayFinding[]): void {
    answer.findingCount += findings.length;
    for (const finding of findings) {
      if (answer.findings.length < findingsPerAnswerMax) answer.findings.push(finding);
    }
  }
}

function recordFinding(index: number, what: string): ReplayFinding {
  return { kind: "record", index, what, recorded: null, replayed: null };
}

function emptyAnswer(): ReplayAnswer {
  return {
    records: 0,
    decisions: 0,
    replayed: 0,
    findings: [],
    findingCount: 0,
    items: [],
    releases: [],
    brakes: [],
    evidence: noEvidence(),
  };
}
