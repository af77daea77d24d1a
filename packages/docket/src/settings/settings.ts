// SPDX-License-Identifier: Apache-2.0
// The settings of a site: what people who run it decide besides the policy. All are whole numbers, each with
// its bounds; what was never set has its default. A change is a record, so the log says what held when.
import type { DocketRecord } from "@docket/protocol";

/** One setting: its default, its bounds, and what it says. */
export type SettingDefinition = {
  readonly default: number;
  readonly least: number;
  readonly most: number;
  readonly about: string;
};

/** The name of a setting. */
export type SettingName =
  | "disputePeriodDays"
  | "disputeAnswerDays"
  | "disputesOpenPerActor"
  | "sampleOfAllowedPerMillion"
  | "sampleOfRefusedPerMillion"
  | "secondReviewPerMille"
  | "qualitySamplePerMille"
  | "claimMinutes"
  | "bulkCap"
  | "confirmAppliedMinutes"
  | "noticeDelayMinutes"
  | "reportsAnHour"
  | "reportsTrustedPercent"
  | "alertQueueCases"
  | "alertOverdueDisputes"
  | "alertUnconfirmedVerdicts"
  | "alertDeadMessages"
  | "alertAnchorHours"
  | "publicFiguresDays";

/** All settings by name, in the order in which they are listed. */
export const settingDefinitions: Readonly<Record<SettingName, SettingDefinition>> = {
  disputePeriodDays: {
    default: 183,
    least: 14,
    most: 3650,
    about: "How long after a decision its actor may object, in days",
  },
  disputeAnswerDays: {
    default: 14,
    least: 1,
    most: 365,
    about: "A dispute is to be answered within so many days",
  },
  disputesOpenPerActor: {
    default: 5,
    least: 1,
    most: 1000,
    about: "Most disputes that one actor may have open at a time",
  },
  sampleOfAllowedPerMillion: {
    default: 1000,
    least: 0,
    most: 1_000_000,
    about: "Of a million allowed events, so many are shown to reviewers to find what was missed",
  },
  sampleOfRefusedPerMillion: {
    default: 10_000,
    least: 0,
    most: 1_000_000,
    about: "Of a million refused events, so many are shown to reviewers to find what was refused wrongly",
  },
  secondReviewPerMille: {
    default: 100,
    least: 0,
    most: 1000,
    about: "Of a thousand reviewed cases, so many are shown to a second reviewer, blind",
  },
  qualitySamplePerMille: {
    default: 50,
    least: 0,
    most: 1000,
    about: "Of a thousand decisions of reviewers, so many are looked at again by another",
  },
  claimMinutes: {
    default: 15,
    least: 1,
    most: 1440,
    about: "A reviewer's claim to a case ends after so many minutes",
  },
  bulkCap: {
    default: 100,
    least: 1,
    most: 1_000_000,
    about: "One person alone may change so many decisions at once",
  },
  confirmAppliedMinutes: {
    default: 60,
    least: 1,
    most: 43_200,
    about: "What the app hasn't confirmed after so many minutes raises an alert",
  },
  noticeDelayMinutes: {
    default: 0,
    least: 0,
    most: 1440,
    about: "A notice waits so many minutes, so that a person can keep it quiet before",
  },
  reportsAnHour: {
    default: 20,
    least: 1,
    most: 10_000,
    about: "Most reports of one reporter within an hour",
  },
  reportsTrustedPercent: {
    default: 80,
    least: 50,
    most: 100,
    about: "A reporter counts as trusted if so many percent of their reports were right",
  },
  alertQueueCases: {
    default: 1000,
    least: 0,
    most: 1_000_000,
    about: "So many cases that wait for a reviewer raise an alert; 0: never",
  },
  alertOverdueDisputes: {
    default: 1,
    least: 0,
    most: 1_000_000,
    about: "So many disputes that are overdue raise an alert; 0: never",
  },
  alertUnconfirmedVerdicts: {
    default: 1,
    least: 0,
    most: 1_000_000,
    about: "So many verdicts that the app has not confirmed in time raise an alert; 0: never",
  },
  alertDeadMessages: {
    default: 1,
    least: 0,
    most: 1_000_000,
    about: "So many messages of webhooks that were given up raise an alert; 0: never",
  },
  alertAnchorHours: {
    default: 24,
    least: 0,
    most: 8760,
    about: "An outside clock that has not stamped the log for so many hours raises an alert; 0: never",
  },
  publicFiguresDays: {
    default: 30,
    least: 0,
    most: 366,
    about: "So many days are counted on the public page of the log; 0: nothing is shown there",
  },
};

/** The value of each setting. */
export type Settings = { readonly [Name in SettingName]: number };
/** The names of all settings, in the order of {@link settingDefinitions}. */
export const settingNames = Object.keys(settingDefinitions) as readonly SettingName[];

/** Settings of which none was ever set. */
export const defaultSettings: Settings = Object.fromEntries(
  settingNames.map((name) => [name, settingDefinitions[name].default]),
) as Settings;

/** The settings after a record. Names that this version doesn't know are passed over. */
export function takeSettings(settings: Settings, record: DocketRecord): Settings {
  if (record.kind !== "settings") return settings;
  const known = Object.entries(record.values).filter(([name]) => isSettingName(name));
  return { ...settings, ...Object.fromEntries(known) };
}

/** Whether there is a setting of that name. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingDefinitions, name);
}

/** What is wrong with a value of a setting, as a sentence; `undefined` if it may be set. */
export function faultOfSetting(name: string, value: number): string | undefined {
  if (!isSettingName(name)) {
    return `there is no setting ${JSON.stringify(name)}; there are: ${settingNames.join(", ")}`;
  }
  const { least, most } = settingDefinitions[name];
  if (Number.isSafeInteger(value) && value >= least && value <= most) return undefined;
  return `${name} is a whole number from ${least} to ${most}`;
}
