// SPDX-License-Identifier: Apache-2.0
// Asks lists in the DNS about events: each question once, for a bounded time, with answers remembered.
import type { LookupQuestion, LookupRead } from "@docket/policy";
import { AnswerMemory } from "./answer-memory.ts";
import type { Answer } from "./answer-memory.ts";
import type { AddressResolver, LookupAnswers, LookupFigures, Lookups } from "./contract.ts";
import { listName, meaningOf } from "./dns-name.ts";

/** Most questions about one event, over all of its look-ups; what is beyond them is not asked. */
export const questionsPerEventMax = 32;
/** Most questions that are under way at once; with more, the next ones fail at once. */
export const underWayMax = 512;
/** After so many failures in a row a zone is left alone for a while, in milliseconds. */
const failuresMax = 20;
const restMs = 10_000;
/** How often it is told that a zone refuses or doesn't answer, in milliseconds. */
const noticeEveryMs = 3_600_000;

/** What look-ups are made with. */
export type DnsLookupsOptions = {
  readonly resolver: AddressResolver;
  /** Ms that only ever grow. */
  readonly clock: () => number;
  /** Runs something later; gives a function that prevents it. */
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told what the operator should know: a sentence. */
  readonly onNotice?: ((notice: string) => void) | undefined;
};

/** How a zone fares. */
type Zone = { failures: number; restUntilMs: number; toldMs: number };

/** Look-ups by way of the DNS. */
export class DnsLookups implements Lookups {
  readonly figures: LookupFigures = { asked: 0, remembered: 0, listed: 0, failed: 0 };
  readonly #options: DnsLookupsOptions;
  readonly #memory: AnswerMemory;
  readonly #underWay = new Map<string, Promise<Answer | undefined>>();
  readonly #zones = new Map<string, Zone>();

  constructor(options: DnsLookupsOptions) {
    this.#options = options;
    this.#memory = new AnswerMemory(options.clock);
  }

  async ask(questions: readonly LookupQuestion[]): Promise<LookupAnswers> {
    let room = questionsPerEventMax;
    const asked = questions.map(async (question) => {
      const names = namesOf(question);
      const taken = names.slice(0, room);
      room -= taken.length;
      this.figures.failed += names.length - taken.length;
      const read = await this.#within(question, taken, taken.length < names.length);
      return [question.lookup.name, read] as const;
    });
    return known(await Promise.all(asked));
  }

  remembered(questions: readonly LookupQuestion[]): LookupAnswers {
    const reads = questions.map((question) => {
      const answers = namesOf(question).map((name) => this.#memory.find(name));
      return [question.lookup.name, readOf(question, answers)] as const;
    });
    return known(reads);
  }

  close(): void {
    this.#options.resolver.cancel();
  }

  /** What is known when all answers are there, or the look-up's time is over. */
  #within(question: LookupQuestion, names: readonly string[], cut: boolean): Promise<LookupRead | undefined> {
    const { zone, timeoutMs } = question.lookup;
    const answers: (Answer | undefined)[] = names.map(() => undefined);
    if (cut) answers.push(undefined);
    return new Promise((resolve) => {
      let waiting = 0;
      const stop = this.#options.timer(timeoutMs, () => {
        resolve(readOf(question, answers));
      });
      const end = (): void => {
        stop();
        resolve(readOf(question, answers));
      };
      for (const [at, name] of names.entries()) {
        const remembered = this.#memory.find(name);
        if (remembered !== undefined) {
          this.figures.remembered += 1;
          answers[at] = remembered;
          continue;
        }
        waiting += 1;
        const settle = (answer: Answer | undefined): void => {
          answers[at] = answer;
          waiting -= 1;
          if (waiting === 0) end();
        };
        void this.#question(name, zone).then(settle);
      }
      if (waiting === 0) end();
    });
  }

  /** Asks, unless somebody does already. Never rejects: `undefined` if there is no usable answer. */
  #question(name: string, zone: string): Promise<Answer | undefined> {
    const earlier = this.#underWay.get(name);
    if (earlier !== undefined) return earlier;
    const state = this.#zone(zone);
    if (this.#underWay.size >= underWayMax || state.restUntilMs > this.#options.clock()) {
      this.figures.failed += 1;
      return Promise.resolve(undefined);
    }
    this.figures.asked += 1;
    const asked = this.#resolve(name, zone).then((answer) => {
      this.#underWay.delete(name);
      if (answer === undefined) this.#failed(zone, state);
      else state.failures = 0;
      return answer;
    });
    this.#underWay.set(name, asked);
    return asked;
  }

  async #resolve(name: string, zone: string): Promise<Answer | undefined> {
    try {
      const records = await this.#options.resolver.resolve4(name);
      const odd = records.find(({ address }) => meaningOf(address) !== "listed");
      if (odd !== undefined || records.length === 0) {
        if (odd !== undefined)
          this.#tell(zone, `${zone} answers ${odd.address}, which is an error and no listing`);
        return undefined;
      }
      this.figures.listed += 1;
      const answer = [...new Set(records.map(({ address }) => address))].sort();
      this.#memory.keep(name, answer, Math.min(...records.map(({ ttl }) => ttl)));
      return answer;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOTFOUND" && code !== "ENODATA") return undefined;
      this.#memory.keep(name, [], undefined);
      return [];
    }
  }

  #failed(zone: string, state: Zone): void {
    this.figures.failed += 1;
    state.failures += 1;
    if (state.failures < failuresMax) return;
    state.failures = 0;
    state.restUntilMs = this.#options.clock() + restMs;
    this.#tell(zone, `${zone} doesn't answer: what is read of it is missing until it does`);
  }

  #tell(zone: string, notice: string): void {
    const state = this.#zone(zone);
    const now = this.#options.clock();
    if (now - state.toldMs < noticeEveryMs) return;
    state.toldMs = now;
    this.#options.onNotice?.(notice);
  }

  #zone(zone: string): Zone {
    let state = this.#zones.get(zone);
    // As many as policies declare: their number is bounded, and a release may come with others.
    if (state === undefined) {
      state = { failures: 0, restUntilMs: Number.NEGATIVE_INFINITY, toldMs: Number.NEGATIVE_INFINITY };
      this.#zones.set(zone, state);
    }
    return state;
  }
}

/** The names that are asked for, distinct. */
function namesOf({ lookup, values }: LookupQuestion): readonly string[] {
  const addresses = lookup.of === "actor.ip";
  const names = values.map((value) => listName(value, lookup.zone, addresses));
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** One that is listed is listed, whatever else is unknown; else all must be known. */
function readOf(
  { lookup }: LookupQuestion,
  answers: readonly (Answer | undefined)[],
): LookupRead | undefined {
  const { codes: counting } = lookup;
  const found = new Set<string>();
  for (const answer of answers) {
    for (const code of answer ?? []) if (counting === undefined || counting.includes(code)) found.add(code);
  }
  if (found.size === 0 && answers.includes(undefined)) return undefined;
  return { listed: found.size > 0, codes: [...found].sort().slice(0, codesMax) };
}

/** Most codes that are read of a look-up: lists of the language are bounded. */
const codesMax = 64;

function known(reads: readonly (readonly [string, LookupRead | undefined])[]): LookupAnswers {
  const answers: Record<string, LookupRead> = {};
  for (const [name, read] of reads) if (read !== undefined) answers[name] = read;
  return answers;
}
