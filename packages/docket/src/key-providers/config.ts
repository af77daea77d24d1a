// SPDX-License-Identifier: Apache-2.0
// The section `keys` of docket.yaml: how whatever protects the keys is reached, and where a copy of them
// goes. Nothing secret stands in it: it names variables of the environment and files.
import { isAbsolute, resolve } from "node:path";
import type { ConfigNode } from "../config/node.ts";

/** How long a provider may take, if nothing else is said, in ms. */
export const timeoutMsDefault = 10_000;
const timeoutMsMin = 100;
const timeoutMsMax = 60_000;
const recipientsMax = 16;
const variablePattern = /[A-Za-z_][A-Za-z0-9_]{0,99}/;

/** Where a text that is secret is found: in a variable of the environment, or in a file. */
export type SecretPlace =
  | { readonly variable: string; readonly file?: undefined }
  | { readonly file: string; readonly variable?: undefined };

/** A passphrase, or an identity of age. */
export type AgeConfig =
  | { readonly passphrase: SecretPlace; readonly identityFile?: undefined }
  | { readonly identityFile: string; readonly passphrase?: undefined };
/** A key in a variable of the environment. */
export type EnvironmentConfig = { readonly variable: string };
/** A key of AWS KMS, or of what speaks like it. */
export type KmsConfig = { readonly key: string; readonly region: string; readonly endpoint: string };
/** An RSA key of a token. */
export type Pkcs11Config = {
  /** The token's library. */
  readonly module: string;
  /** Labels of the token and of the key on it. */
  readonly token: string;
  readonly key: string;
  /** The hash of RSA-OAEP, and of its mask generation. */
  readonly hash: "sha1" | "sha256";
  readonly pin: SecretPlace;
  /** The program of OpenSC that talks to the token. */
  readonly tool: string;
};
/** A copy of the keys that is written whenever they change. */
export type KeysBackupConfig = { readonly to: string; readonly recipients: readonly string[] };

/** How keys are protected. */
export type KeysConfig = {
  /** Whether a start warns of keys that lie in plain files. */
  readonly plain: "warn" | "accept";
  readonly timeoutMs: number;
  readonly age: AgeConfig;
  readonly environment: EnvironmentConfig;
  readonly kms: KmsConfig | undefined;
  readonly pkcs11: Pkcs11Config | undefined;
  readonly backup: KeysBackupConfig | undefined;
};

/**
 * Reads the section.
 *
 * @param data the data directory, which paths are relative to
 * @throws {DocketError} `configuration_invalid`
 */
export function readKeysConfig(section: ConfigNode | undefined, data: string): KeysConfig {
  const names = ["plain", "timeout", "age", "environment", "kms", "pkcs11", "backup"] as const;
  const values = section?.map(names) ?? {};
  return {
    plain: values.plain?.oneOf(["warn", "accept"] as const) ?? "warn",
    timeoutMs:
      values.timeout?.durationMs({ leastMs: timeoutMsMin, mostMs: timeoutMsMax }) ?? timeoutMsDefault,
    age: readAge(values.age, data),
    environment: readEnvironment(values.environment),
    kms: values.kms && readKms(values.kms),
    pkcs11: values.pkcs11 && readPkcs11(values.pkcs11, data),
    backup: values.backup && readBackup(values.backup, data),
  };
}

function readAge(node: ConfigNode | undefined, data: string): AgeConfig {
  const values = node?.map(["passphraseVariable", "passphraseFile", "identityFile"] as const) ?? {};
  if (Object.keys(values).length > 1)
    node?.fail("takes one of passphraseVariable, passphraseFile, identityFile");
  if (values.identityFile !== undefined) return { identityFile: pathOf(values.identityFile, data) };
  const place = secretPlace(values.passphraseVariable, values.passphraseFile, "DOCKET_KEYS_PASSPHRASE", data);
  return { passphrase: place };
}

function readEnvironment(node: ConfigNode | undefined): EnvironmentConfig {
  const values = node?.map(["variable"] as const) ?? {};
  return { variable: values.variable === undefined ? "DOCKET_KEYS_KEY" : variableOf(values.variable) };
}

function readKms(node: ConfigNode): KmsConfig {
  const { key, region, endpoint } = node.map(["key", "region", "endpoint"] as const);
  if (key === undefined || region === undefined) node.fail("needs key and region");
  const regionName = region.text({ pattern: /[a-z0-9-]{1,40}/, what: "a region such as eu-central-1" });
  const url = endpoint?.text() ?? `https://kms.${regionName}.amazonaws.com`;
  if (!isSafeUrl(url)) endpoint?.fail("must be an https URL, or an http one of this machine");
  const keyText = key.text({ most: 2048, pattern: /[A-Za-z0-9:/_.-]+/, what: "an ARN, an id or alias/NAME" });
  return { key: keyText, region: regionName, endpoint: url };
}

function readPkcs11(node: ConfigNode, data: string): Pkcs11Config {
  const names = ["module", "token", "key", "hash", "pinVariable", "pinFile", "tool"] as const;
  const { module, token, key, hash, pinVariable, pinFile, tool } = node.map(names);
  if (module === undefined || token === undefined || key === undefined)
    node.fail("needs module, token and key");
  if (pinVariable !== undefined && pinFile !== undefined) node.fail("takes one of pinVariable, pinFile");
  return {
    module: pathOf(module, data),
    token: token.text(),
    key: key.text(),
    hash: hash?.oneOf(["sha1", "sha256"] as const) ?? "sha256",
    pin: secretPlace(pinVariable, pinFile, "DOCKET_KEYS_PIN", data),
    tool: tool?.text() ?? "pkcs11-tool",
  };
}

function readBackup(node: ConfigNode, data: string): KeysBackupConfig {
  const { to, recipients } = node.map(["to", "recipients"] as const);
  if (to === undefined || recipients === undefined) node.fail("needs to and recipients");
  const pattern = /age1[a-z0-9]{1,2100}/;
  return {
    to: pathOf(to, data),
    recipients: recipients
      .list({ least: 1, most: recipientsMax })
      .map((each) => each.text({ most: 2200, pattern, what: "a recipient of age, age1…" })),
  };
}

function secretPlace(
  variable: ConfigNode | undefined,
  file: ConfigNode | undefined,
  variableDefault: string,
  data: string,
): SecretPlace {
  if (file !== undefined) return { file: pathOf(file, data) };
  return { variable: variable === undefined ? variableDefault : variableOf(variable) };
}

function variableOf(node: ConfigNode): string {
  return node.text({ pattern: variablePattern, what: "the name of a variable of the environment" });
}

function pathOf(node: ConfigNode, data: string): string {
  const path = node.text({ most: 4096 });
  return isAbsolute(path) ? path : resolve(data, path);
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (
    protocol === "https:" || (protocol === "http:" && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname))
  );
}
