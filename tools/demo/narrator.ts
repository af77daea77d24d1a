// SPDX-License-Identifier: Apache-2.0
// What the demonstration says, and what it asks whoever watches.
import type { Readable, Writable } from "node:stream";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { printable } from "../../packages/docket/src/printable.ts";

/** Columns of a comment's text that a line shows. */
const textColumns = 60;
/** Columns of an outcome, the longest of which is `challenge`. */
const outcomeColumns = 10;
/** Time to read a sentence, in ms. */
const sentenceMs = 2_500;

const colours = {
  allow: "gray",
  flag: "yellow",
  challenge: "yellow",
  delay: "cyan",
  hold: "magenta",
  reject: "red",
} as const;

/** Where it is said, and how fast. */
export type Stage = {
  readonly output: Writable;
  readonly input: Readable;
  /** A terminal reads it: lines may be coloured. */
  readonly terminal: boolean;
  /** Somebody sits there who can be asked. */
  readonly asks: boolean;
  /** Nothing waits. */
  readonly fast: boolean;
  /** Aborted when whoever watches has had enough. */
  readonly stopped: AbortSignal;
};

/** Tells the story. */
export type Narrator = {
  /** A heading, then a line for each text. */
  chapter: (title: string, ...lines: string[]) => void;
  /** A sentence about what was just seen; whoever watches gets time to read it. */
  aside: (text: string) => Promise<void>;
  /** One decision. */
  decided: (outcome: string, actor: string, text: string, rules: readonly string[]) => void;
  /** Lines as they are. */
  lines: (...lines: string[]) => void;
  /** What a command printed. */
  printed: (command: string, output: string) => void;
  /** Waits for the return key; goes on by itself if nobody sits there. */
  enter: (what: string) => Promise<void>;
  /** Asks, and takes `assumed` if nobody sits there. */
  agreed: (question: string, assumed: boolean) => Promise<boolean>;
  pause: (ms: number) => Promise<void>;
};

/** A narrator on that stage. */
export function narratorOn({ output, input, terminal, asks, fast, stopped }: Stage): Narrator {
  const write = (text: string): void => void output.write(`${text}\n`);
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    terminal ? styleText(style, text, { validateStream: false }) : text;
  const pause = async (ms: number): Promise<void> => {
    stopped.throwIfAborted();
    if (!fast) await sleep(ms, undefined, { signal: stopped });
  };
  const ask = async (question: string): Promise<string> => {
    const lines = createInterface({ input, output, terminal: false });
    try {
      return await lines.question(paint("bold", question), { signal: stopped });
    } finally {
      lines.close();
    }
  };
  return {
    chapter: (title, ...lines) => {
      write(`\n${paint("bold", `== ${title}`)}`);
      for (const line of lines) write(line);
    },
    aside: async (text) => {
      write(paint("bold", `  -> ${text}`));
      await pause(sentenceMs);
    },
    decided: (outcome, actor, text, rules) => {
      const colour = colours[outcome as keyof typeof colours] ?? "gray";
      const shown = shortened(printable(text.trim()));
      const why = rules.length === 0 ? "" : paint("gray", rules.join(", "));
      const head = `  ${paint(colour, outcome.padEnd(outcomeColumns))}${actor.slice(0, 8).padEnd(9)}`;
      write(`${head} ${shown} ${why}`.trimEnd());
    },
    lines: (...lines) => lines.forEach(write),
    printed: (command, text) => {
      write(`  $ ${paint("bold", command)}`);
      for (const line of text.trimEnd().split("\n")) write(`  ${paint(verdictStyle(line), printable(line))}`);
      write("");
    },
    enter: async (what) => {
      if (asks) await ask(`\n[Return] ${what} `);
    },
    agreed: async (question, assumed) => {
      if (!asks) return assumed;
      const answer = (await ask(`\n${question} [${assumed ? "Y/n" : "y/N"}] `)).trim().toLowerCase();
      return answer === "" ? assumed : answer.startsWith("y");
    },
    pause,
  };
}

function verdictStyle(line: string): "red" | "green" | "gray" {
  if (/^(FAILED|first fault)/.test(line)) return "red";
  return line.startsWith("verified") ? "green" : "gray";
}

function shortened(text: string): string {
  const characters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  if (characters.length <= textColumns) return text.padEnd(textColumns);
  return `${characters.slice(0, textColumns - 1).join("")}…`;
}
