// SPDX-License-Identifier: Apache-2.0
// A value of the configuration, with its place in the file: every mistake is told with its line and the names
// that lead to it, and nothing is guessed.
import { nearestName } from "@docket/policy";
import { isMap, isScalar, isSeq } from "yaml";
import type { LineCounter, Node } from "yaml";
import { DocketError } from "../error.ts";

/** Longest text, in UTF-16 code units, if nothing else is said. */
export const textLengthMax = 1024;
/** Most elements of a list, if nothing else is said. */
export const listLengthMax = 64;

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Where a configuration was read from. */
export type ConfigSource = { readonly file: string; readonly lines: LineCounter };

/** A value of the configuration that is there. What is left out is no node. */
export class ConfigNode {
  readonly #source: ConfigSource;
  readonly #node: Node | null;
  readonly #offset: number;
  /** The names that lead to it, as in `anchors.authorities[0].url`. */
  readonly path: string;

  constructor(source: ConfigSource, path: string, node: Node | null, offset: number) {
    this.#source = source;
    this.path = path;
    this.#node = node;
    this.#offset = node?.range?.[0] ?? offset;
  }

  /** Says that this value is wrong: `message` goes on after the value's name, as in `must be …`. */
  fail(message: string): never {
    const { line } = this.#source.lines.linePos(this.#offset);
    throw new DocketError(
      "configuration_invalid",
      `${this.#source.file}:${Math.max(1, line)}: ${this.path} ${message}`,
    );
  }

  /**
   * The values of a mapping by their names, which must be of these.
   *
   * @throws {DocketError} `configuration_invalid`, also for a name that stands twice
   */
  map<Name extends string>(names: readonly Name[]): { readonly [Key in Name]?: ConfigNode } {
    if (!isMap(this.#node)) this.fail(`must be a mapping with any of ${names.join(", ")}`);
    const values: { [Key in Name]?: ConfigNode } = {};
    for (const { key, value } of this.#node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      const offset = isScalar(key) ? (key.range?.[0] ?? this.#offset) : this.#offset;
      const path = this.path === "" ? name : `${this.path}.${name}`;
      const node = new ConfigNode(this.#source, path, (value ?? null) as Node | null, offset);
      if (!(names as readonly string[]).includes(name)) {
        const near = nearestName(name, names);
        const hint = near === undefined ? `known are ${names.join(", ")}` : `did you mean "${near}"?`;
        node.fail(`is not known; ${hint}`);
      }
      values[name as Name] = node;
    }
    return values;
  }

  /** The elements of a list. @throws {DocketError} `configuration_invalid` */
  list({ least = 0, most = listLengthMax }: { least?: number; most?: number } = {}): ConfigNode[] {
    const node = this.#node;
    if (!isSeq(node) || node.items.length < least || node.items.length > most) {
      this.fail(`must be a list of ${least} to ${most} elements`);
    }
    return node.items.map(
      (item, place) =>
        new ConfigNode(this.#source, `${this.path}[${place}]`, (item ?? null) as Node | null, this.#offset),
    );
  }

  /**
   * A text that isn't empty.
   *
   * @param options `pattern` that it matches as a whole, and `what` it is in words
   * @throws {DocketError} `configuration_invalid`
   */
  text({ most = textLengthMax, pattern, what }: TextOptions = {}): string {
    const { value } = this.#scalar();
    if (typeof value !== "string" || value.length === 0 || value.length > most) {
      this.fail(`must be ${what ?? "a text"} of 1 to ${most} characters; put it in quotes if need be`);
    }
    if (pattern !== undefined && !new RegExp(`^(?:${pattern.source})$`, pattern.flags).test(value)) {
      this.fail(`must be ${what ?? `of the form ${pattern.source}`}, and is ${JSON.stringify(value)}`);
    }
    return value;
  }

  /** A whole number. @throws {DocketError} `configuration_invalid` */
  wholeNumber({ least, most }: { least: number; most: number }): number {
    const { value } = this.#scalar();
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) {
      this.fail(`must be a whole number from ${least} to ${most}`);
    }
    return value;
  }

  /**
   * A length of time such as `500ms`, `10s`, `5m`, `12h`, `30d`. @throws {DocketError}
   * `configuration_invalid`
   */
  durationMs({ leastMs, mostMs }: { leastMs: number; mostMs: number }): number {
    const { value } = this.#scalar();
    const [, count, unit] = /^(0|[1-9]\d{0,8})(ms|s|m|h|d)$/.exec(String(value)) ?? [];
    const ms = Number(count) * (unitsMs[unit ?? ""] ?? Number.NaN);
    if (!(ms >= leastMs && ms <= mostMs)) {
      const range = `${durationText(leastMs)} to ${durationText(mostMs)}`;
      this.fail(`must be a time from ${range}, such as 10s, 5m, 12h or 30d`);
    }
    return ms;
  }

  /** One of some words. @throws {DocketError} `configuration_invalid` */
  oneOf<Word extends string>(words: readonly Word[]): Word {
    const { value } = this.#scalar();
    const word = String(value);
    if (!(words as readonly string[]).includes(word)) {
      const near = nearestName(word, words);
      this.fail(`must be one of ${words.join(", ")}${near === undefined ? "" : `; did you mean "${near}"?`}`);
    }
    return word as Word;
  }

  /** `true` or `false`. @throws {DocketError} `configuration_invalid` */
  flag(): boolean {
    const { value } = this.#scalar();
    if (typeof value !== "boolean") this.fail("must be true or false");
    return value;
  }

  /** Whether it is a mapping; else it is a list or a single value. */
  get isMap(): boolean {
    return isMap(this.#node);
  }

  #scalar(): { readonly value: unknown } {
    if (!isScalar(this.#node)) this.fail("must be a single value");
    return this.#node;
  }
}

/** What a text may be. */
export type TextOptions = {
  most?: number | undefined;
  pattern?: RegExp | undefined;
  what?: string | undefined;
};

/** A length of time as the configuration has it, in the largest unit that it is a whole number of. */
export function durationText(ms: number): string {
  const [unit, each] = Object.entries(unitsMs).findLast(([, one]) => ms % one === 0 && ms >= one) ?? [
    "ms",
    1,
  ];
  return `${ms / each}${unit}`;
}
