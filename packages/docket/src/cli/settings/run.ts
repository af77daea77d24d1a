// SPDX-License-Identifier: Apache-2.0
// `docket settings`: lists them, or changes some.
import { DocketError } from "../../error.ts";
import type { SettingsChanged } from "../../settings/settings-desk.ts";
import { defaultSettings, settingDefinitions, settingNames } from "../../settings/settings.ts";
import type { Settings } from "../../settings/settings.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket settings` is told. */
export type SettingsOptions = {
  /** `NAME=VALUE` each. */
  wished: readonly string[];
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/**
 * Runs `docket settings`.
 *
 * @throws {DocketError} `setting_invalid` for what is no setting, or not with such a value
 */
export async function runSettings(options: SettingsOptions, terminal: Terminal): Promise<number> {
  const wished = Object.fromEntries(options.wished.map(readWish));
  const { settings, index } = await readOrChange(wished, options, terminal);
  const text = options.json === true ? `${JSON.stringify({ settings, index })}\n` : settingsText(settings);
  const changed = index === null ? "" : `Changed, as record ${index}.\n`;
  await write(terminal, options.json === true ? text : `${text}${changed}`);
  return exitFine;
}

function readWish(text: string): [string, number] {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9]*)=(-?\d{1,16})$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, Number(value)];
  throw new DocketError("setting_invalid", `${text} is not NAME=VALUE with a whole number`);
}

async function readOrChange(
  wished: Readonly<Record<string, number>>,
  { data, url, apiKey }: SettingsOptions,
  terminal: Terminal,
): Promise<SettingsChanged> {
  const isChange = Object.keys(wished).length > 0;
  if (url !== undefined) {
    const body = isChange ? wished : undefined;
    const answer = await askServer<Partial<SettingsChanged>>({ url, apiKey }, "v1/settings", body);
    return { settings: answer.settings ?? defaultSettings, index: answer.index ?? null };
  }
  const opened = await openDirectory(data, terminal);
  try {
    const { settings } = opened;
    if (!isChange) return { settings: settings.current, index: null };
    return await settings.change({ by: "operator", role: "operator" }, wished);
  } finally {
    await opened.close();
  }
}

function settingsText(settings: Settings): string {
  const rows = settingNames.map((name) => {
    const { about, default: initial } = settingDefinitions[name];
    const value = settings[name];
    return [name, String(value), value === initial ? "" : `(default ${initial})`, about];
  });
  return alignColumns(rows, new Set([1]));
}
