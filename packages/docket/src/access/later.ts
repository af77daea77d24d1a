// SPDX-License-Identifier: Apache-2.0
/** What another thread does: the same methods, each of which answers later. */
export type Later<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : never;
};
