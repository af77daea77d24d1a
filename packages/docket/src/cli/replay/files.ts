// SPDX-License-Identifier: Apache-2.0
import { VerifyError } from "@docket/verify";
import type { ReadLogFile } from "../../log/record-bundle.ts";
import { readFileSyncBounded } from "../verify/bounded-file.ts";

/** Reads files of a directory that may be hostile: one that cannot be read is as one that is not there. */
export function logFileReader(directory: string): ReadLogFile {
  return (name, bytesMax) => {
    try {
      return readFileSyncBounded(directory, name, bytesMax);
    } catch (error) {
      if (error instanceof VerifyError) return undefined;
      throw error;
    }
  };
}
