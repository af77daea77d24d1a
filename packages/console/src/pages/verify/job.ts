// SPDX-License-Identifier: Apache-2.0
// The whole log verified from what the server publishes, as an auditor would: its word counts for nothing but
// what its keys signed. Runs in a worker of the page, and in tests.
import { noteBytesMax, parseVerifierKey, TlogError, utf8 } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { checkerOf, readSeenFile, VerifyError, verifyLog } from "@docket/verify";
import type { LogReport, LogSource, SeenNote } from "@docket/verify";

/** What is to be verified, and what whoever verifies knows of it from elsewhere. */
export type VerifyJob = {
  /** Where the log is: an origin, and a path if it lies below one. */
  readonly base: string;
  /** The API key that the server shows its entries to; without one, the browser's session counts. */
  readonly apiKey: string | undefined;
  /** Verifier keys, a line each. */
  readonly keys: string;
  /** Checkpoints or a receipt that were kept elsewhere; empty if none. */
  readonly kept: string;
  /** The checkpoint that this browser kept when it last verified the log. */
  readonly last: string | undefined;
};

/** How far it is. */
export type VerifyProgress = { readonly records: number; readonly total: number; readonly bytes: number };

/** What came of it. */
export type VerifyDone = {
  readonly report: LogReport;
  /** The checkpoint that was verified, a signed note. */
  readonly checkpoint: string | undefined;
  readonly requests: number;
  readonly bytes: number;
};

/** Fetches, as the platform's `fetch` does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** How many ranges of the log are fetched at once. */
const rangesAtOnce = 6;
/** How long one request may take, in ms. */
const requestMsMax = 30_000;

/** What was given to verify by is none of it: the message says what and where. */
export class GivenError extends Error {
  override readonly name = "GivenError";
}

/**
 * Verifies a log.
 *
 * @throws {GivenError} for keys and checkpoints that are none
 * @throws {VerifyError} `source` where the server does not answer
 */
export async function verifyServed(
  job: VerifyJob,
  fetcher: Fetch,
  onProgress: (progress: VerifyProgress) => void = () => {},
): Promise<VerifyDone> {
  const trust = { keys: keysIn(job.keys), seen: seenIn(job) };
  const source = servedSource(job, fetcher);
  const report = await verifyLog(source, trust, {
    checker: () => checkerOf(source, rangesAtOnce),
    onProgress: (records, total) => onProgress({ records, total, bytes: source.bytes }),
  });
  return { report, checkpoint: source.checkpoint, requests: source.requests, bytes: source.bytes };
}

/** The verifier keys of a text. @throws {GivenError} */
export function keysIn(text: string): Verifier[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      try {
        return parseVerifierKey(line);
      } catch (error) {
        if (!(error instanceof TlogError)) throw error;
        throw new GivenError(`This is no verifier key: ${line.slice(0, 60)} (${error.message}).`);
      }
    });
}

function seenIn({ kept, last }: VerifyJob): SeenNote[] {
  const seen: SeenNote[] = last === undefined ? [] : [{ place: "what this browser kept", note: utf8(last) }];
  if (kept.trim() === "") return seen;
  try {
    return [...seen, ...readSeenFile("what was pasted", utf8(kept.trimStart()))];
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new GivenError(`The checkpoint that you pasted is none: ${error.message}.`);
  }
}

type ServedSource = LogSource & { bytes: number; requests: number; checkpoint: string | undefined };

function servedSource({ base, apiKey }: VerifyJob, fetcher: Fetch): ServedSource {
  const headers: Record<string, string> = { "docket-request": "1" };
  if (apiKey !== undefined) headers["authorization"] = `Bearer ${apiKey}`;
  const source: ServedSource = {
    hasParts: false,
    bytes: 0,
    requests: 0,
    checkpoint: undefined,
    async read(path, bytesMax) {
      const url = `${base}/${path === "checkpoint.cosigned" ? "cosigned/checkpoint" : path}`;
      source.requests += 1;
      const found = await bodyAt(url, headers, fetcher);
      if (found === undefined) return undefined;
      if (found.length > bytesMax) throw new VerifyError("size", `${path} is longer than ${bytesMax} bytes`);
      source.bytes += found.length;
      // The first one is what everything is verified against; a later one only says that the log grew.
      if (path === "checkpoint" && found.length <= noteBytesMax) {
        source.checkpoint ??= new TextDecoder().decode(found);
      }
      return found;
    },
  };
  return source;
}

async function bodyAt(
  url: string,
  headers: Record<string, string>,
  fetcher: Fetch,
): Promise<Uint8Array | undefined> {
  try {
    const signal = AbortSignal.timeout(requestMsMax);
    // Nothing that was kept on the way may stand for the log.
    const response = await fetcher(url, { headers, signal, cache: "no-store", redirect: "error" });
    const { status } = response;
    if (status === 200) return new Uint8Array(await response.arrayBuffer());
    await response.body?.cancel();
    if (status === 404 || status === 410) return undefined;
    if (status === 401 || status === 403) throw new VerifyError("refused", `the server does not show ${url}`);
    throw new VerifyError("source", `the server answered ${status} for ${url}`);
  } catch (error) {
    if (error instanceof VerifyError) throw error;
    throw new VerifyError("source", `the server did not answer: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
