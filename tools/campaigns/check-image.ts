// SPDX-License-Identifier: Apache-2.0
// `docket verify` on files in memory.
import { verifyLog } from "@docket/verify";
import type { LogReport } from "@docket/verify";
import { directorySource } from "../../packages/docket/src/cli/verify/directory.ts";
import { checkInstallation } from "../../packages/docket/src/cli/verify/installation-checks.ts";
import { filesOf } from "./image.ts";
import type { Image } from "./image.ts";
import { dataDirectory, verifier } from "./writer.ts";

/** What `docket verify DIR --key log.vkey` reports of a data directory. */
export async function verifyImage(image: Image): Promise<LogReport> {
  const source = await directorySource(dataDirectory, filesOf(image));
  return checkInstallation(source, await verifyLog(source, verifier));
}
