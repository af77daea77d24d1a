// SPDX-License-Identifier: Apache-2.0
// A mistake inside a condition, before it is known where in the file the condition stands.
import type { ProblemCode } from "../errors.ts";

/** A mistake at an offset (UTF-16 code units) of the condition's text. */
export type ConditionProblem = {
  readonly code: ProblemCode;
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
};

/** Thrown by lexer and parser, which can't go on after a mistake; never leaves this folder. */
export class ConditionStop extends Error {
  readonly problem: ConditionProblem;

  constructor(code: ProblemCode, offset: number, message: string, hint?: string) {
    super(message);
    this.name = "ConditionStop";
    this.problem = { code, offset, message, ...(hint === undefined ? {} : { hint }) };
  }
}
