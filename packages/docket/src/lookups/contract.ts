// SPDX-License-Identifier: Apache-2.0
// Lists in the DNS as a site asks them, and as the DNS answers.
import type { LookupQuestion, LookupRead } from "@docket/policy";

/** What lists say of an event, by the names of the look-ups; one that failed is absent. */
export type LookupAnswers = Readonly<Record<string, LookupRead>>;

/** How look-ups have fared since the start of the process. */
export type LookupFigures = {
  /** Questions that went out. */
  asked: number;
  /** Questions that were answered from memory. */
  remembered: number;
  /** Answers that said "listed". */
  listed: number;
  /** Questions without a usable answer: time-outs, errors, refusals, and those that were not sent. */
  failed: number;
};

/** Asks about events. */
export interface Lookups {
  /**
   * Resolves within the look-ups' time-outs, whatever the servers do, and never rejects. Answers that come
   * later are remembered.
   */
  ask(questions: readonly LookupQuestion[]): Promise<LookupAnswers>;
  /** What is remembered of answers, without asking. A look-up of which anything else is unknown is absent. */
  remembered(questions: readonly LookupQuestion[]): LookupAnswers;
  readonly figures: LookupFigures;
  /** Ends all that is under way. */
  close(): void;
}

/** An address record. */
export type AddressRecord = { readonly address: string; readonly ttl: number };

/**
 * The DNS. `resolve4` gives the A records of a name, `ttl` in seconds; rejects with `code` `ENOTFOUND` or
 * `ENODATA` if it is certain that there are none, and with any other code, or never settles, if it could not
 * be found out.
 */
export interface AddressResolver {
  resolve4(name: string): Promise<readonly AddressRecord[]>;
  /** Whatever is under way may be given up. */
  cancel(): void;
}
