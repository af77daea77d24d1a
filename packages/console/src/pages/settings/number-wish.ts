// SPDX-License-Identifier: Apache-2.0
// From what was typed to what is changed.

/** A setting, as the server describes it. */
export type KnownSetting = {
  readonly name: string;
  readonly about: string;
  readonly default: number;
  readonly least: number;
  readonly most: number;
};

/** What is wrong with what was typed for a setting; `undefined` if nothing, or nothing was typed. */
export function wrongWith({ least, most }: KnownSetting, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const value = Number(typed);
  const isNumber = /^\d{1,9}$/.test(typed.trim());
  return isNumber && value >= least && value <= most ? undefined : `A whole number from ${least} to ${most}`;
}

/** The settings that are to be other than they are. What is wrong is left out. */
export function changedNumbers(
  settings: Readonly<Record<string, number>>,
  typed: Readonly<Record<string, string>>,
  known: readonly KnownSetting[],
): Record<string, number> {
  const changed = known.filter((setting) => {
    const text = typed[setting.name];
    const isSound = text !== undefined && wrongWith(setting, text) === undefined;
    return isSound && Number(text) !== settings[setting.name];
  });
  return Object.fromEntries(changed.map(({ name }) => [name, Number(typed[name])]));
}
