// SPDX-License-Identifier: Apache-2.0
// Reads the leaves and manifests that nearly all records have, each with one regular expression: a decision
// without restrictions, and a manifest of at most four parts. What they match is canonical, and means the
// same to `parseLeaf` and `parseManifest`, which read everything else; a property test compares them. To
// parse JSON and write it again, as those do, takes five times as long, and a log has millions.
import {
  isCanonicalTime,
  outcomes,
  parseLeaf,
  parseManifest,
  partNames,
  partOverheadBytes,
} from "@docket/protocol";
import type { DocketRecord, Manifest, ManifestPart, Outcome, PartName } from "@docket/protocol";

/**
 * Reads a leaf, as `parseLeaf` does.
 *
 * @throws ProtocolError `record_invalid`
 */
export function readLeaf(text: string): DocketRecord {
  return ordinaryDecision(text) ?? parseLeaf(text);
}

/**
 * Reads a manifest, as `parseManifest` does.
 *
 * @throws ProtocolError `manifest_invalid`
 */
export function readManifest(text: string): Manifest {
  return ordinaryManifest(text) ?? parseManifest(text);
}

const digest = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]";
// Fifteen digits are always a safe integer.
const count = "0|[1-9]\\d{0,14}";
const pseudonym = "a_[A-Za-z0-9_-]{22}";

const decisionExpression = new RegExp(
  `^\\{"v":1,"index":(${count}),"prev":"(${digest})",` +
    '"time":"(\\d{4}-\\d\\d-\\d\\d)(T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{3}Z)",' +
    `"uncertaintyMs":(null|${count}),"kind":"decision","by":"(operator|k_[A-Za-z0-9_-]{16})",` +
    `"actor":"(${pseudonym})","outcome":"(${outcomes.join("|")})",` +
    '"rules":\\[((?:"[a-zA-Z0-9._:-]{1,200}"(?:,"[a-zA-Z0-9._:-]{1,200}")*)?)\\],"restrictions":\\[\\],' +
    `"release":"(${digest})","parts":"(${digest})"\\}$`,
);

function ordinaryDecision(text: string): DocketRecord | undefined {
  const match = decisionExpression.exec(text);
  if (match === null) return undefined;
  const [
    ,
    index,
    prev = "",
    day = "",
    time,
    uncertainty,
    by = "",
    actor = "",
    outcome,
    rules,
    release,
    parts,
  ] = match;
  if (!isDay(day)) return undefined;
  return {
    v: 1,
    index: Number(index),
    prev,
    time: `${day}${time}`,
    uncertaintyMs: uncertainty === "null" ? null : Number(uncertainty),
    kind: "decision",
    by,
    actor,
    outcome: outcome as Outcome,
    rules: rules === "" || rules === undefined ? [] : rules.slice(1, -1).split('","'),
    restrictions: [],
    release: release ?? "",
    parts: parts ?? "",
  };
}

const lineExpression = new RegExp(
  `\\{"name":"(${partNames.join("|")})","subject":"(site|${pseudonym})","size":(${count}),` +
    `"hash":"(${digest})","commitment":"(${digest})"\\}`,
  "y",
);
const manifestStart = '{"v":1,"parts":[';
const manifestEnd = "]}";

function ordinaryManifest(text: string): Manifest | undefined {
  if (!text.startsWith(manifestStart)) return undefined;
  const parts: ManifestPart[] = [];
  let last = -1;
  let at = manifestStart.length;
  for (;;) {
    lineExpression.lastIndex = at;
    const match = lineExpression.exec(text);
    if (match === null) return undefined;
    const [line, name, subject = "", size, hash = "", commitment = ""] = match;
    const place = partNames.indexOf(name as PartName);
    if (place <= last || Number(size) < partOverheadBytes) return undefined;
    last = place;
    parts.push({ name: name as PartName, subject, size: Number(size), hash, commitment });
    at += line.length;
    if (text.startsWith(",", at)) at += 1;
    else
      return text.length === at + manifestEnd.length && text.endsWith(manifestEnd)
        ? { v: 1, parts }
        : undefined;
  }
}

// Records of one day follow one another: the calendar is asked once a day.
let knownDay = "";

function isDay(day: string): boolean {
  if (day === knownDay) return true;
  if (!isCanonicalTime(`${day}T00:00:00.000Z`)) return false;
  knownDay = day;
  return true;
}
