// SPDX-License-Identifier: Apache-2.0
// A release as it was kept, opened for replay: every byte of it is held against the hash that records name.
import { languageVersion, loadPolicies, PolicyError } from "@docket/policy";
import type { Counter, Limit, PolicyFile, PolicySet } from "@docket/policy";
import { encodeBase64Url, sha256, utf8 } from "@docket/tlog";

/** A list that a release names: `version` is a hash over all that was done to it. */
export type ReleaseList = { name: string; kind: string; version: string };

/** A model that a release names, by the SHA-256 of its file. */
export type ReleaseModel = { name: string; kind: string; sha256: string };

/** What a release's hash is the SHA-256 of, as JSON on one line. */
export type ReleaseManifest = {
  format: "docket-release/v1";
  language: string;
  signals: string;
  unicode?: string;
  files: { path: string; sha256: string }[];
  lists?: ReleaseList[];
  models?: ReleaseModel[];
};

/** A release that decisions can be made under again. */
export type ReplayRelease = {
  readonly id: string;
  readonly manifest: ReleaseManifest;
  readonly policies: PolicySet;
  /** By the hash of their declaration, under which facts keep them. */
  readonly counters: ReadonlyMap<string, Counter>;
  readonly limits: ReadonlyMap<string, Limit>;
};

/** Why nothing can be decided under a release again. */
export type ReleaseFault = { readonly id: string; readonly fault: string };

/** Bytes that a release can't be longer than, as it is kept. */
export const keptReleaseBytesMax = 536_870_912;

/**
 * Opens a kept release.
 *
 * @param id the hash that records name
 * @param kept the text of `releases/<id>.json`; `undefined` if it isn't there
 * @param filesOf that of the release which {@link filesOwner} names, if it names one
 */
export function openRelease(
  id: string,
  kept: string | undefined,
  filesOf?: string,
): ReplayRelease | ReleaseFault {
  if (kept === undefined) return { id, fault: "it is not kept here" };
  const owner = filesOwner(kept);
  if (owner !== undefined && filesOf === undefined) {
    return { id, fault: `the release ${owner}, whose files it has, is not kept here` };
  }
  const read = readKept(kept, filesOf);
  if (typeof read === "string") return { id, fault: read };
  if (textDigest(read.manifest) !== id) return { id, fault: "its manifest has another hash than its name" };
  const manifest = readManifest(read.manifest);
  if (manifest === undefined) return { id, fault: "its manifest is not of docket-release/v1" };
  const fault = filesFault(manifest, read.files);
  if (fault !== undefined) return { id, fault };
  if (manifest.language !== languageVersion) {
    const other = `it is in the language ${manifest.language}`;
    return { id, fault: `${other}, and this version decides by ${languageVersion}` };
  }
  try {
    return ready(id, manifest, loadPolicies(read.files));
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { id, fault: `its policies cannot be loaded: ${error.message}` };
  }
}

/**
 * The release whose policy files a kept one has, where it doesn't hold them itself: it differs from that one
 * only in versions of lists.
 */
export function filesOwner(kept: string): string | undefined {
  try {
    const { filesOf } = (JSON.parse(kept) ?? {}) as { filesOf?: unknown };
    return typeof filesOf === "string" && /^[A-Za-z0-9_-]{43}$/.test(filesOf) ? filesOf : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a release could not be opened. */
export function isReleaseFault(release: ReplayRelease | ReleaseFault): release is ReleaseFault {
  return "fault" in release;
}

/** The hash of a counter's or limit's declaration, as facts bear it: 16 characters of base64url. */
export function declarationHash(declaration: string): string {
  return textDigest(declaration).slice(0, declarationHashLength);
}

const declarationHashLength = 16;

function ready(id: string, manifest: ReleaseManifest, policies: PolicySet): ReplayRelease {
  return {
    id,
    manifest,
    policies,
    counters: new Map(policies.counters.map((counter) => [declarationHash(counter.id), counter])),
    limits: new Map(policies.limits.map((limit) => [declarationHash(limit.id), limit])),
  };
}

function filesFault(manifest: ReleaseManifest, files: readonly PolicyFile[]): string | undefined {
  for (const [place, { path, sha256: named }] of manifest.files.entries()) {
    const file = files[place];
    if (file === undefined || file.path !== path) return `its file ${path} is missing`;
    if (textDigest(file.text) !== named) return `its file ${path} is not what its manifest names`;
  }
  const extra = files[manifest.files.length];
  return extra === undefined ? undefined : `its file ${extra.path} is not in its manifest`;
}

function readKept(text: string, filesOf?: string): { manifest: string; files: PolicyFile[] } | string {
  const notKept = "it is not kept in the form of a release";
  let value: unknown;
  let owner: unknown;
  try {
    value = JSON.parse(text);
    owner = filesOf === undefined ? value : JSON.parse(filesOf);
  } catch {
    return notKept;
  }
  const { manifest } = (value ?? {}) as { manifest?: unknown };
  // Whatever they were taken from, each file is held against the hash in this release's manifest.
  const { files } = (owner ?? {}) as { files?: unknown };
  if (typeof manifest !== "string" || !Array.isArray(files)) return notKept;
  const isFile = (file: unknown): file is PolicyFile => {
    const { path, text: content } = (file ?? {}) as { path?: unknown; text?: unknown };
    return typeof path === "string" && typeof content === "string";
  };
  return files.every(isFile) ? { manifest, files } : notKept;
}

function readManifest(text: string): ReleaseManifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { format, language, signals, files } = (value ?? {}) as Partial<ReleaseManifest>;
  if (format !== "docket-release/v1" || typeof language !== "string" || typeof signals !== "string") {
    return undefined;
  }
  const isEntry = (entry: unknown): boolean => {
    const { path, sha256: digest } = (entry ?? {}) as { path?: unknown; sha256?: unknown };
    return typeof path === "string" && typeof digest === "string";
  };
  return Array.isArray(files) && files.every(isEntry) ? (value as ReleaseManifest) : undefined;
}

function textDigest(text: string): string {
  return encodeBase64Url(sha256(utf8(text)));
}
