// SPDX-License-Identifier: Apache-2.0
// Where the settings of a site are read and changed.
import { parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { Author } from "../releases/duties.ts";
import { defaultSettings, faultOfSetting, takeSettings } from "./settings.ts";
import type { SettingName, Settings } from "./settings.ts";

/** The kinds of record that settings are made of. */
export const settingsKinds: readonly string[] = ["settings"];

/** What the desk leans on. */
export type SettingsDeskPorts = {
  /** Seals a record; `undo` is called if it is certain that it was not sealed. */
  readonly seal: (body: BodyWithoutParts, undo: () => void) => Promise<{ readonly index: number }>;
};

/** What changed, and by which record. */
export type SettingsChanged = { settings: Settings; index: number | null };

/** The settings of a site, as all who only read them see them. */
export type SiteSettings = Pick<SettingsDesk, "current">;

/** The settings of a site. */
export class SettingsDesk {
  readonly #ports: SettingsDeskPorts;
  #current: Settings;

  /** @param leaves of all records of {@link settingsKinds}, in the order of the log */
  constructor(leaves: readonly string[], ports: SettingsDeskPorts) {
    this.#ports = ports;
    this.#current = leaves.map((leaf): DocketRecord => parseLeaf(leaf)).reduce(takeSettings, defaultSettings);
  }

  /** What holds now. */
  get current(): Settings {
    return this.#current;
  }

  /**
   * Changes settings; what has the wished value already is left out, and nothing is sealed if that is all.
   *
   * @throws {DocketError} `setting_invalid` if there is no such setting, or not with such a value
   */
  async change(author: Author, wished: Readonly<Record<string, number>>): Promise<SettingsChanged> {
    const names = Object.keys(wished).sort();
    if (names.length === 0) throw new DocketError("setting_invalid", "name a setting and its value");
    for (const name of names) {
      const fault = faultOfSetting(name, wished[name] as number);
      if (fault !== undefined) throw new DocketError("setting_invalid", fault);
    }
    const changed = names.filter((name) => this.#current[name as SettingName] !== wished[name]);
    if (changed.length === 0) return { settings: this.#current, index: null };
    const values = Object.fromEntries(changed.map((name) => [name, wished[name] as number]));
    const before = Object.fromEntries(changed.map((name) => [name, this.#current[name as SettingName]]));
    this.#current = { ...this.#current, ...values };
    const { index } = await this.#ports.seal({ kind: "settings", ...author, values }, () => {
      this.#current = { ...this.#current, ...before };
    });
    return { index, settings: this.#current };
  }
}
