// SPDX-License-Identifier: Apache-2.0

/**
 * Called first by workers that load policies. Policies would be run by functions made from text where that is
 * allowed; here it isn't, and the browser reports each try as a fault. So it is refused before it is tried,
 * and policies are run by their interpreter.
 */
export function refuseGeneratedCode(): void {
  (globalThis as { Function: unknown }).Function = function refuse(): never {
    throw new EvalError("no code is made from text here");
  };
}
