// SPDX-License-Identifier: Apache-2.0
// `docket config check`: reads all sections as those who use them do.
import { readAccessConfig } from "../../access/config.ts";
import { readAlertsConfig } from "../../alerts/config.ts";
import { readAnchorsConfig } from "../../anchors/config.ts";
import { readClockConfig } from "../../clock/config.ts";
import { readRetentionConfig } from "../../erasure/config.ts";
import { readConfiguration, sectionNames } from "../../config/configuration.ts";
import type { SectionName } from "../../config/configuration.ts";
import { readReplicasConfig } from "../../copies/config.ts";
import type { ConfigNode } from "../../config/node.ts";
import { readKeysConfig } from "../../key-providers/config.ts";
import { readServeConfig } from "../../http/config.ts";
import { readFailingConfig } from "../../gaps/config.ts";
import { readInstallation } from "../../installation.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/**
 * What reads each section; each throws `configuration_invalid`. The compiler wants a reader of every section.
 */
const readers: { readonly [Name in SectionName]: (section: ConfigNode | undefined) => unknown } = {
  access: readAccessConfig,
  alerts: readAlertsConfig,
  anchors: readAnchorsConfig,
  clock: readClockConfig,
  failing: readFailingConfig,
  keys: (section) => readKeysConfig(section, "."),
  replicas: readReplicasConfig,
  retention: readRetentionConfig,
  serve: readServeConfig,
};

/**
 * Runs `docket config check`.
 *
 * @throws {DocketError} `configuration_invalid` with file, line and name
 */
export async function runConfigCheck(
  { data, json }: { data: string; json?: true | undefined },
  terminal: Terminal,
): Promise<number> {
  const configuration = readConfiguration(readInstallation(data).data);
  for (const name of sectionNames) readers[name](configuration.section(name));
  const sections = sectionNames.filter((name) => configuration.section(name) !== undefined);
  if (json === true) {
    await write(terminal, `${JSON.stringify({ hash: configuration.hash, sections })}\n`);
    return exitFine;
  }
  const text =
    configuration.hash === null
      ? "There is no docket.yaml: everything is at its default.\n"
      : `docket.yaml is fine: ${sections.length === 0 ? "it says nothing" : sections.join(", ")}.\n`;
  await write(terminal, text);
  return exitFine;
}
