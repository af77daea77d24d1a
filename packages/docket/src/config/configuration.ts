// SPDX-License-Identifier: Apache-2.0
// The operator's configuration: one optional file in the data directory, DIR/docket.yaml. Everything in
// it has
// a default that works offline, so most installations have none. Secrets are not in it: it names files in the
// keys directory, or variables of the environment.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, isMap, parseDocument } from "yaml";
import { DocketError } from "../error.ts";
import { ConfigNode } from "./node.ts";

/** The file's name, in the data directory. */
export const configurationFile = "docket.yaml";
/** Largest file, in bytes. */
export const configurationBytesMax = 262_144;
/** What can be configured; each section is read by the room that it is for. */
export const sectionNames = [
  "access",
  "alerts",
  "anchors",
  "clock",
  "failing",
  "keys",
  "replicas",
  "retention",
  "serve",
] as const;
/** The name of a section. */
export type SectionName = (typeof sectionNames)[number];

/** A configuration that was read. */
export type Configuration = {
  /** SHA-256 of the file's bytes, base64url; `null` without a file. */
  readonly hash: string | null;
  /** What it says of this; `undefined` if nothing. */
  section(name: SectionName): ConfigNode | undefined;
};

/** The configuration of who has none. */
export const noConfiguration: Configuration = { hash: null, section: () => undefined };

/**
 * Reads the configuration of a data directory.
 *
 * @throws {DocketError} `configuration_invalid` with file, line and name. What stands in a section is
 * checked by
 *   who reads it.
 */
export function readConfiguration(data: string): Configuration {
  const path = join(data, configurationFile);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return noConfiguration;
    throw invalid(`${path} can't be read: ${(error as NodeJS.ErrnoException).code}`, error);
  }
  return parseConfiguration(path, bytes);
}

/**
 * Parses a configuration.
 *
 * @param file how errors name it
 * @throws {DocketError} as {@link readConfiguration}
 */
export function parseConfiguration(file: string, bytes: Uint8Array): Configuration {
  if (bytes.length > configurationBytesMax) {
    throw invalid(`${file} has ${bytes.length} bytes; the limit is ${configurationBytesMax}`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid(`${file} is not UTF-8`, error);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: "core" });
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    throw invalid(`${file}:${Math.max(1, lines.linePos(pos[0]).line)}: ${message}`);
  }
  const { contents } = document;
  const hashText = hash("sha256", bytes, "base64url");
  // Nothing but comments.
  if (contents === null) return { hash: hashText, section: () => undefined };
  if (!isMap(contents)) throw invalid(`${file}:1: must be a mapping with any of ${sectionNames.join(", ")}`);
  const sections = new ConfigNode({ file, lines }, "", contents, 0).map(sectionNames);
  return { hash: hashText, section: (name) => sections[name] };
}

function invalid(message: string, cause?: unknown): DocketError {
  return new DocketError("configuration_invalid", message, { cause });
}
