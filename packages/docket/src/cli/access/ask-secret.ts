// SPDX-License-Identifier: Apache-2.0
// Asks for a secret: on a terminal without showing what is typed, else the next line of standard input.
import type { Readable } from "node:stream";
import { DocketError } from "../../error.ts";
import type { Terminal } from "../terminal.ts";

/** What Control-C and Control-D are on a terminal that hands on what is typed. */
const endings = ["\u0003", "\u0004"];
/** Longest line, in characters. */
const lineLengthMax = 4096;

/** Reads lines of standard input one by one. */
export class SecretReader {
  readonly #terminal: Pick<Terminal, "stdin" | "stderr">;
  readonly #characters: AsyncIterator<string>;
  #rest = "";

  constructor(terminal: Pick<Terminal, "stdin" | "stderr">) {
    this.#terminal = terminal;
    this.#characters = texts(terminal.stdin);
  }

  /** Asks for a line. @throws {DocketError} `usage` where there is none */
  async ask(question: string): Promise<string> {
    const { stdin, stderr } = this.#terminal;
    const tty = stdin as Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => void };
    stderr.write(`${question}: `);
    if (tty.isTTY === true) tty.setRawMode?.(true);
    try {
      return await this.#line(tty.isTTY === true);
    } finally {
      if (tty.isTTY === true) tty.setRawMode?.(false);
      stderr.write("\n");
    }
  }

  /** Stops reading, so that the process can end. */
  close(): void {
    this.#terminal.stdin.destroy();
  }

  async #line(isTyped: boolean): Promise<string> {
    for (;;) {
      const [, line, rest] = /^([^\r\n]*)(?:\r\n|\r|\n)([^]*)$/.exec(this.#rest) ?? [];
      if (line !== undefined) {
        this.#rest = rest ?? "";
        return isTyped ? withoutErased(line) : line;
      }
      if (this.#rest.length > lineLengthMax) throw new DocketError("usage", "the line is too long");
      const next = await this.#characters.next();
      if (next.done === true) {
        if (this.#rest === "") throw new DocketError("usage", "standard input ended before that was said");
        this.#rest += "\n";
        continue;
      }
      if (isTyped && endings.some((ending) => next.value.includes(ending)))
        throw new DocketError("usage", "not said");
      this.#rest += next.value;
    }
  }
}

async function* texts(stdin: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of stdin) yield decoder.decode(chunk as Uint8Array, { stream: true });
}

function withoutErased(line: string): string {
  const kept: string[] = [];
  for (const character of Array.from(line)) {
    if (character === "\u007f" || character === "\b") kept.pop();
    else kept.push(character);
  }
  return kept.join("");
}
