// SPDX-License-Identifier: Apache-2.0
// Opens the keys of an installation, as docket.yaml says they are protected.
import { join } from "node:path";
import { readConfiguration } from "../config/configuration.ts";
import { DocketError } from "../error.ts";
import type { KeyRing } from "../evidence/key-ring.ts";
import { mainSite } from "../evidence/keys.ts";
import { ageProvider } from "./age.ts";
import { readKeysConfig } from "./config.ts";
import type { KeysConfig } from "./config.ts";
import type { KeyProvider, ProviderName, ProviderOptions, ProviderPorts } from "./contract.ts";
import { environmentProvider } from "./environment.ts";
import { kmsProvider } from "./kms.ts";
import { nodeProviderPorts } from "./node-ports.ts";
import { pkcs11Provider } from "./pkcs11.ts";
import { readProtection, unlockFolder } from "./protection.ts";

/** What is known of an installation where its keys are opened. */
export type Lockable = {
  readonly data: string;
  readonly keysDirectory: string;
  readonly origin: string;
  /** Opens protected keys, once they were asked for. */
  readonly guard?: KeyRing | undefined;
};

/**
 * An installation whose keys can be read. Asks whatever protects them, and nobody where they are plain.
 *
 * @throws {DocketError} `keys_locked`, `key_service_unavailable`, `configuration_invalid`
 */
export async function unlockInstallation<Place extends Lockable>(
  installation: Place,
  ports: ProviderPorts = nodeProviderPorts,
): Promise<Place> {
  if (installation.guard !== undefined) return installation;
  const { guard } = await unlockFolder(keyFolderPath(installation), (name) =>
    keyProvider(name, keysConfigOf(installation), ports, installation.origin),
  );
  return guard === undefined ? installation : { ...installation, guard };
}

/** The folder of an installation's keys. */
export function keyFolderPath({ keysDirectory }: Pick<Lockable, "keysDirectory">): string {
  return join(keysDirectory, mainSite);
}

/** The section `keys` of an installation. @throws {DocketError} `configuration_invalid` */
export function keysConfigOf({ data }: Pick<Lockable, "data">): KeysConfig {
  return readKeysConfig(readConfiguration(data).section("keys"), data);
}

/** What a start says of keys that lie in plain files; nothing if they don't, or that was accepted. */
export function plainKeysWarning(installation: Lockable): string {
  const isPlain = readProtection(keyFolderPath(installation)).length === 0;
  if (!isPlain || keysConfigOf(installation).plain === "accept") return "";
  return (
    `The keys in ${keyFolderPath(installation)} are plain files. docket keys protect protects them;\n` +
    "if something else does, such as the disk's encryption, say so in docket.yaml: keys: { plain: accept }\n"
  );
}

/**
 * The provider of a name, as it is configured.
 *
 * @throws {DocketError} `configuration_invalid` if it takes a section that is not there
 */
export function keyProvider(
  name: ProviderName,
  config: KeysConfig,
  ports: ProviderPorts,
  origin: string,
): KeyProvider {
  const options: ProviderOptions = { ports, origin, timeoutMs: config.timeoutMs };
  switch (name) {
    case "age":
      return ageProvider(config.age, options);
    case "environment":
      return environmentProvider(config.environment, options);
    case "kms":
      return kmsProvider(sectionOf(config.kms, name), options);
    case "pkcs11":
      return pkcs11Provider(sectionOf(config.pkcs11, name), options);
  }
}

function sectionOf<T>(section: T | undefined, name: string): T {
  if (section !== undefined) return section;
  throw new DocketError(
    "configuration_invalid",
    `docket.yaml has no section keys.${name}, which says how it is reached`,
  );
}
