// SPDX-License-Identifier: Apache-2.0
// `docket verify` on files in memory.
import type { TlogPolicy, Verifier } from "@docket/tlog";
import { verifyLog } from "@docket/verify";
import type { LogReport, SeenNote } from "@docket/verify";
import { directorySource } from "../../packages/docket/src/cli/verify/directory.ts";
import { checkInstallation } from "../../packages/docket/src/cli/verify/installation-checks.ts";
import { filesOf } from "./image.ts";
import type { Image } from "./image.ts";
import { dataDirectory, verifiers } from "./writer.ts";
import type { LogKind } from "./writer.ts";

/** What `docket verify` is told. */
export type ImageOptions = {
  kind: LogKind;
  /** The log's keys; both of them if left out. */
  keys?: readonly Verifier[];
  seen?: readonly SeenNote[];
  /** Whose cosignatures are asked for. */
  policy?: TlogPolicy | undefined;
};

/** What `docket verify DIR --key log.vkey` reports of a data directory, with `--seen` if that is given. */
export async function verifyImage(
  image: Image,
  { kind, keys = verifiers, seen = [], policy }: ImageOptions,
): Promise<LogReport> {
  const source = await directorySource(dataDirectory, filesOf(image));
  const report = await verifyLog(source, { keys, seen, policy }, { opaque: kind === "opaque" });
  return checkInstallation(source, report, keys);
}
