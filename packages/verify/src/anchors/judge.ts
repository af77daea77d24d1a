// SPDX-License-Identifier: Apache-2.0
// Whether the stamp of an `anchor` record is one: of the checkpoint that the record names, by an authority
// that the reader trusts, and saying what the record says of it.
import { formatTime } from "@docket/protocol";
import type { AnchorBody, AnchorSource } from "@docket/protocol";
import { verifyRoughtime, verifyTimestamp } from "@docket/timestamp";
import type { TimestampCrypto } from "@docket/timestamp";
import {
  asHash,
  decodeBase64,
  decodeBase64Url,
  formatCheckpoint,
  hashesEqual,
  sha256,
  TlogError,
  utf8,
} from "@docket/tlog";
import type { Checkpoint } from "@docket/tlog";

/** A certificate that is trusted to stamp; with a name, only stamps of the authority of that name. */
export type TrustedRoot = { readonly certificate: Uint8Array; readonly name?: string | undefined };

/** What the reader trusts of outside clocks. */
export type AnchorTrust = {
  readonly roots: readonly TrustedRoot[];
  /** Long-term keys of Roughtime servers, 32 bytes each. */
  readonly roughtimeKeys: readonly Uint8Array[];
  readonly crypto: TimestampCrypto;
};

/**
 * A stamp that holds: it was made between these two, by the authority's own account. Or one that was not
 * checked, since nothing was given to check it with. Or one that is wrong.
 */
export type StampJudgement =
  | { readonly ok: true; readonly earliestMs: number; readonly latestMs: number }
  | { readonly ok: null; readonly why: string }
  | { readonly ok: false; readonly why: string };

/** What is judged: an anchor's record, or what is about to be sealed as one. */
export type Stamp = Pick<
  AnchorBody,
  "size" | "root" | "source" | "name" | "stampedAt" | "accuracyMs" | "stamp" | "request"
>;

/** What a stamp stamps: SHA-256 of the text of the checkpoint's note, without its signatures. */
export function stampedDigest({ origin, size, root }: Omit<Checkpoint, "extensions">): Uint8Array {
  return sha256(utf8(formatCheckpoint({ origin, size, root, extensions: [] })));
}

/** Judges the stamp of a record of this log. Never throws for what is in the record. */
export function judgeStamp(record: Stamp, origin: string, trust: AnchorTrust | undefined): StampJudgement {
  const digest = stampedDigest({ origin, size: record.size, root: asHash(decodeBase64Url(record.root)) });
  try {
    return judges[record.source](record, digest, trust);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return { ok: false, why: error.message };
  }
}

type Judge = (record: Stamp, digest: Uint8Array, trust: AnchorTrust | undefined) => StampJudgement;

const judges: Readonly<Record<AnchorSource, Judge>> = { rfc3161: judgeToken, roughtime: judgeReply };

function judgeToken(record: Stamp, digest: Uint8Array, trust: AnchorTrust | undefined): StampJudgement {
  if (record.request !== "")
    return { ok: false, why: "an RFC 3161 token stands for itself, without a request" };
  const response = decodeBase64(record.stamp);
  const fitting = trust?.roots.filter(({ name }) => name === undefined || name === record.name) ?? [];
  if (trust === undefined || fitting.length === 0) {
    return { ok: null, why: trust?.roots.length ? `no roots given for ${record.name}` : "no roots given" };
  }
  const roots = fitting.map(({ certificate }) => certificate);
  const verdict = verifyTimestamp({ response, digest, roots, crypto: trust.crypto });
  if (!verdict.ok) return { ok: false, why: `${verdict.why} (${verdict.code})` };
  const { genTimeMs, accuracyMs, earliestMs, latestMs } = verdict;
  return sameAsSaid(record, genTimeMs, accuracyMs) ?? { ok: true, earliestMs, latestMs };
}

function judgeReply(record: Stamp, digest: Uint8Array, trust: AnchorTrust | undefined): StampJudgement {
  const [request, reply] = [decodeBase64(record.request), decodeBase64(record.stamp)];
  if (trust === undefined || trust.roughtimeKeys.length === 0) {
    return { ok: null, why: "no Roughtime keys given" };
  }
  const { crypto } = trust;
  const serverKey = trust.roughtimeKeys.find((key) => isAskedOf(request, key, crypto));
  if (serverKey === undefined) return { ok: null, why: `no Roughtime key given for ${record.name}` };
  const verdict = verifyRoughtime({ request, reply, serverKey, crypto });
  if (!verdict.ok) return { ok: false, why: `${verdict.why} (${verdict.code})` };
  if (!hashesEqual(verdict.nonce, digest)) {
    return { ok: false, why: "the nonce that it answers is not the digest of that checkpoint (nonce)" };
  }
  const { midpointMs, radiusMs } = verdict;
  return (
    sameAsSaid(record, midpointMs, radiusMs) ?? {
      ok: true,
      earliestMs: midpointMs - radiusMs,
      latestMs: midpointMs + radiusMs,
    }
  );
}

/**
 * Whether a request names a server's key, as it does by its tag SRV: the first half of
 * SHA-512(0xff || key) (draft-ietf-ntp-roughtime-19 section 5.1.4). Another key's says nothing.
 */
function isAskedOf(request: Uint8Array, key: Uint8Array, { digest }: TimestampCrypto): boolean {
  const srv = digest("SHA-512", Uint8Array.of(0xff, ...key)).subarray(0, 32);
  // Values of a message are aligned to four bytes.
  for (let at = 0; at + srv.length <= request.length; at += 4) {
    if (hashesEqual(request.subarray(at, at + srv.length), srv)) return true;
  }
  return false;
}

function sameAsSaid(record: Stamp, ms: number, accuracyMs: number | null): StampJudgement | undefined {
  const time = formatTime(ms);
  if (record.stampedAt !== time) {
    return { ok: false, why: `the record says ${record.stampedAt}, the stamp ${time}` };
  }
  if (record.accuracyMs === accuracyMs) return undefined;
  return { ok: false, why: `the record says ± ${record.accuracyMs} ms, the stamp ± ${accuracyMs} ms` };
}
