// SPDX-License-Identifier: Apache-2.0
// What passed while nothing could be sealed, kept outside the log until it is: a file of sealed lines. A
// crash may cut the last line short; a line that doesn't open is counted and skipped.
//
//     file = { "\n" | base64url(nonce, 12 bytes || AES-256-GCM ciphertext || tag) "\n" }
//
// The key hangs on the site's secret, so that whoever takes the disk reads nothing; the additional data is
// the log's origin. Each write begins with a line feed: one that was cut short spoils its own line alone.
import { createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { GapCause } from "@docket/protocol";
import { decrypt, encrypt } from "../evidence/seal.ts";
import type { RandomBytes } from "../evidence/seal.ts";

/** The file, as the desk needs it. Each call may hang as long as the disk does; no answer waits for one. */
export type AsideFile = {
  /** All of it; `undefined` if there is none. */
  readonly read: () => Promise<Uint8Array | undefined>;
  /** Resolves when these bytes are at its end and survive power loss. */
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Resolves when it is gone, durably. */
  readonly remove: () => Promise<void>;
};

/** An event that passed. */
export type PassedEvent = {
  /** As `encodeEvent` writes it. */
  readonly event: string;
  readonly by: string;
  /** In ms since 1970. */
  readonly receivedMs: number;
};

/** How far a gap is. Times are ms since 1970; `fromMs` names it. */
export type GapSoFar = {
  readonly cause: GapCause;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly unsealed: number;
  readonly refused: number;
};

/** A line: an event that passed, or a gap; of the same gap the last line counts. */
export type AsideLine = ({ readonly kind: "event" } & PassedEvent) | ({ readonly kind: "gap" } & GapSoFar);

const nonceBytes = 12;

/** Seals and opens lines. */
export class AsideLines {
  readonly #key: KeyObject;
  readonly #context: Buffer;
  readonly #random: RandomBytes;

  /** @param key 32 bytes */
  constructor(key: Uint8Array, origin: string, random: RandomBytes) {
    this.#key = createSecretKey(key);
    this.#context = Buffer.from(`docket aside v1\n${origin}`);
    this.#random = random;
  }

  /** Lines as they are appended. */
  encode(lines: readonly AsideLine[]): Uint8Array {
    const texts = lines.map((line) => {
      const nonce = Buffer.from(this.#random(nonceBytes));
      const sealed = encrypt(this.#key, nonce, Buffer.from(JSON.stringify(line)), this.#context);
      return `${Buffer.concat([nonce, sealed]).toString("base64url")}\n`;
    });
    return Buffer.from(`\n${texts.join("")}`);
  }

  /** The lines of a file, and how many can't be read. */
  decode(bytes: Uint8Array): { lines: AsideLine[]; lost: number } {
    const lines: AsideLine[] = [];
    let lost = 0;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    for (const each of text.split("\n")) {
      if (each === "") continue;
      const sealed = Buffer.from(each, "base64url");
      const nonce = sealed.subarray(0, nonceBytes);
      const plain = decrypt(this.#key, nonce, sealed.subarray(nonceBytes), this.#context);
      // What opens is what this desk wrote.
      if (plain === undefined) lost += 1;
      else lines.push(JSON.parse(plain.toString("utf8")) as AsideLine);
    }
    return { lines, lost };
  }
}
