// SPDX-License-Identifier: Apache-2.0
// Passwords: what they must be, and how they are kept. Hashes are argon2id (RFC 9106) with a key of the keys
// directory besides, and say by which parameters they were made, so that stronger ones can follow. They are
// computed on threads of the runtime's pool, a few at a time: signing in never delays a decision by more than
// it takes to ask.
import { argon2, timingSafeEqual } from "node:crypto";
import { DocketError } from "../error.ts";
import { nameKey } from "./person-name.ts";
import type { RandomBytes } from "./secrets.ts";

/** Shortest and longest password, in code points. */
export const passwordLengthMin = 12;
export const passwordLengthMax = 128;
/** Hashes that are computed at once, and that may wait for it; more are turned away. */
export const hashesAtOnce = 2;
export const hashesWaitingMax = 32;
const saltBytes = 16;
const hashBytes = 32;

/** What a hash costs: memory in KiB, passes over it, lanes. */
export type HashCost = { readonly memory: number; readonly passes: number; readonly parallelism: number };
/** What new hashes cost: RFC 9106 section 4, second recommendation, on one lane. */
export const hashCost: HashCost = { memory: 65_536, passes: 3, parallelism: 1 };

/** Hashes and checks passwords. */
export class PasswordHasher {
  readonly #secret: Uint8Array;
  readonly #random: RandomBytes;
  readonly #cost: HashCost;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** What is checked where there is no hash, so that it takes as long. */
  readonly #nobody: string;

  constructor(secret: Uint8Array, random: RandomBytes, cost: HashCost = hashCost) {
    this.#secret = secret;
    this.#random = random;
    this.#cost = cost;
    this.#nobody = encode(cost, random(saltBytes), new Uint8Array(hashBytes));
  }

  /** Hashes a password. @throws {DocketError} `overloaded` when too many wait */
  async hash(password: string): Promise<string> {
    const salt = this.#random(saltBytes);
    return encode(this.#cost, salt, await this.#compute(this.#cost, salt, password));
  }

  /**
   * Checks a password against a hash; without one it takes as long, and is wrong.
   *
   * @returns whether it is right, and whether its hash is weaker than new ones are
   * @throws {DocketError} `overloaded` when too many wait
   */
  async check(stored: string | null | undefined, password: string): Promise<{ ok: boolean; weak: boolean }> {
    const { cost, salt, hash } = decode(stored ?? this.#nobody);
    const computed = await this.#compute(cost, salt, password);
    const ok = timingSafeEqual(computed, hash) && typeof stored === "string";
    const { memory, passes } = this.#cost;
    return { ok, weak: cost.memory < memory || cost.passes < passes };
  }

  async #compute(cost: HashCost, nonce: Uint8Array, password: string): Promise<Buffer> {
    await this.#turn();
    try {
      const message = password.normalize("NFKC");
      const options = { message, nonce, tagLength: hashBytes, secret: this.#secret, ...cost };
      return await new Promise((resolve, reject) => {
        argon2("argon2id", options, (error, hash) => (error === null ? resolve(hash) : reject(error)));
      });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= hashesAtOnce) {
      if (this.#waiting.length >= hashesWaitingMax) {
        const message = "too many people sign in at once; try again in a moment";
        throw new DocketError("overloaded", message, { retryAfterSeconds: 2 });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}

/**
 * Checks that a password may be taken: long enough, not the name, not one that everybody tries.
 *
 * @throws {DocketError} `usage`, which never repeats it
 */
export function checkPassword(password: string, name: string): void {
  const plain = password.normalize("NFKC");
  const { length } = Array.from(plain);
  if (length < passwordLengthMin || length > passwordLengthMax) {
    throw new DocketError(
      "usage",
      `a password has ${passwordLengthMin} to ${passwordLengthMax} characters, this one ${length}`,
    );
  }
  const folded = nameKey(plain);
  if (new Set(folded).size < distinctMin) throw tooSimple("it has too few different characters");
  const key = nameKey(name);
  const [local = key] = key.split("@");
  const without = local.length < 3 ? folded : folded.replaceAll(key, "").replaceAll(local, "");
  const least = Math.min(lettersBesides(without), lettersBesides(unleet(without)));
  // Common words with digits and signs around them are tried first.
  if (least < leftMin && /\p{L}/u.test(folded)) {
    throw tooSimple("it is your name, or words that everybody tries, with little around them");
  }
  if (isRun(folded)) throw tooSimple("it is a row of neighbouring characters");
}

/** Least different characters of a password, and least letters beside common words. */
const distinctMin = 5;
const leftMin = 4;
/** What passwords are most often made of, in three languages, by published lists of leaked ones. */
const commonWords = [
  ..."administrator,password,passwort,kennwort,qwertyuiop,qwertzuiop,motdepasse,iloveyou,welcome".split(","),
  ..."willkommen,sunshine,princess,football,baseball,basketball,superman,batman,dragon,monkey".split(","),
  ..."master,shadow,michael,jennifer,letmein,trustno,whatever,starwars,computer,internet".split(","),
  ..."schalke,hallo,geheim,schatz,azerty,qwerty,qwertz,asdfgh,yxcvbn,zxcvbn,secret,changeme".split(","),
  ..."default,docket,admin,login,access,summer,winter,spring,autumn,sommer,monday,friday".split(","),
  ..."january,february,march,april,june,july,august,september,october,november,december,abc,test".split(","),
];

function lettersBesides(text: string): number {
  const left = commonWords.reduce((rest, word) => rest.replaceAll(word, ""), text);
  return left.replaceAll(/[^\p{L}]/gu, "").length;
}

function unleet(text: string): string {
  const plain: Readonly<Record<string, string>> = {
    "0": "o",
    "1": "i",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "@": "a",
    $: "s",
  };
  return text.replaceAll(/[013457@$]/g, (each) => plain[each] ?? each);
}

function isRun(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).filter((code, place) => Math.abs(code - (codes[place] ?? 0)) <= 1);
  return steps.length >= codes.length - 3;
}

function tooSimple(why: string): DocketError {
  return new DocketError(
    "usage",
    `this password is easily guessed: ${why}; a few unrelated words are better`,
  );
}

/** A hash as text, in the form that other tools use too (PHC string format). */
function encode(cost: HashCost, salt: Uint8Array, hash: Uint8Array): string {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("=", "");
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

function decode(text: string): { cost: HashCost; salt: Buffer; hash: Buffer } {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{43})$/.exec(
    text,
  );
  if (parts === null) throw new DocketError("directory_damaged", "the hash of a password cannot be read");
  const [, memory, passes, parallelism, salt = "", hash = ""] = parts;
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}
