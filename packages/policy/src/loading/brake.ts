// SPDX-License-Identifier: Apache-2.0
// Shares (`25%`) and what is made of them: a rollout, and the emergency brake `{ share, least }`.
import type { Brake } from "../types.ts";
import { readInteger, readMapping, readOptional, readText, report } from "./document.ts";
import type { Located, Source } from "./document.ts";

/** Basis points of the whole. */
export const wholeShare = 10_000;
/** The brake of rules and thresholds that declare none. */
export const ruleBrake: Brake = { share: 500, least: 50 };
/** The brake of the entries of lists that declare none. */
export const listBrake: Brake = { share: 100, least: 20 };
/** Largest `least` of a brake, in hits. */
export const brakeLeastMax = 1_000_000;

/** A share such as `25%` or `0.5%`, in basis points from 1 to 10,000. */
export function readShare(source: Source, value: Located, what: string): number | undefined {
  const text = readText(source, value, what);
  if (text === undefined) return undefined;
  const [, whole = "", fraction = ""] = /^([0-9]{1,3})(?:\.([0-9]{1,2}))?%$/.exec(text) ?? [];
  const hint = "write a share of the whole, such as 25% or 0.5%";
  if (whole === "") return report(source, "bad-share", value.offset, `${what} can't be "${text}"`, hint);
  const share = Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
  if (share >= 1 && share <= wholeShare) return share;
  const message = `${what} must be from 0.01% to 100%, and this is ${text}`;
  return report(source, "bad-share", value.offset, message);
}

/** A brake; what it doesn't say is as in `usual`. */
export function readBrake(source: Source, value: Located, usual: Brake): Brake | undefined {
  const mapping = readMapping(source, value, "brake", { known: ["share", "least"] });
  if (mapping === undefined) return undefined;
  if (mapping.entries.size === 0) {
    return report(source, "missing-key", value.offset, "brake says nothing", "give share, least or both");
  }
  const share = readOptional(mapping, "share", (each) => readShare(source, each, "share"));
  const least = readOptional(mapping, "least", (each) =>
    readInteger(source, each, "least", 1, brakeLeastMax),
  );
  return { share: share ?? usual.share, least: least ?? usual.least };
}
