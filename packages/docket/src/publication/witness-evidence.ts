// SPDX-License-Identifier: Apache-2.0
// Whether a witness that contradicts the log can show why. Anyone can say a number; only a checkpoint with
// the log's own signature proves that the log signed more, or another tree, than it has now.
import { createHash } from "node:crypto";
import { openCheckpoint, TlogError } from "@docket/tlog";
import type { Checkpoint, Hash, Verifier } from "@docket/tlog";
import type { Get } from "./requests.ts";

/** What asking for evidence takes. */
export type EvidencePorts = {
  get: Get;
  origin: string;
  /** The log's own keys. */
  logVerifiers: readonly Verifier[];
  /** The root of the log's own tree at a size that it has. */
  root: (size: number) => Promise<Hash>;
};

/**
 * The checkpoint that a witness holds of this log (C2SP tlog-witness, monitoring; most serve it at the
 * address at which they are asked), if it bears the log's signature and is not of the log's tree of `size`
 * records.
 *
 * @returns the signed note; undefined if the witness has nothing to show. Never rejects but for a bug
 */
export async function contradictionOf(
  ports: EvidencePorts,
  witnessUrl: string,
  size: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { get, origin, logVerifiers, root } = ports;
  const name = createHash("sha256").update(origin, "utf8").digest("hex");
  const shown = await get(`${witnessUrl.replace(/\/$/, "")}/${name}/checkpoint`, signal).catch(
    () => undefined,
  );
  if (shown?.status !== 200) return undefined;
  const checkpoint = opened(shown.body, logVerifiers, origin);
  if (checkpoint === undefined) return undefined;
  if (checkpoint.size > size) return shown.body;
  const own = await root(checkpoint.size).catch(() => undefined);
  return own === undefined || Buffer.from(own).equals(checkpoint.root) ? undefined : shown.body;
}

function opened(note: Uint8Array, verifiers: readonly Verifier[], origin: string): Checkpoint | undefined {
  try {
    return openCheckpoint(note, verifiers, origin).checkpoint;
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}
