// SPDX-License-Identifier: Apache-2.0
// Punycode (RFC 3492): labels of a host name in other letters than ASCII, without their prefix `xn--`.

/**
 * Punycode of one label (RFC 3492, section 6.3). Quadratic: the caller bounds the length.
 */
export function encodePunycode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0) ?? 0);
  const basic = points.filter((point) => point < initialCodePoint);
  let out = String.fromCodePoint(...basic) + (basic.length > 0 ? "-" : "");
  let done = basic.length;
  let current = initialCodePoint;
  let delta = 0;
  let bias = initialBias;
  while (done < points.length) {
    const next = Math.min(...points.filter((point) => point >= current));
    delta += (next - current) * (done + 1);
    for (const point of points) {
      if (point < next) delta += 1;
      if (point !== next) continue;
      out += encodeDelta(delta, bias);
      bias = adapt(delta, done + 1, done === basic.length);
      delta = 0;
      done += 1;
    }
    delta += 1;
    current = next + 1;
  }
  return out;
}

/**
 * The label that punycode stands for (RFC 3492, section 6.2), or `undefined` where it is none. Quadratic: the
 * caller bounds the length.
 */
export function decodePunycode(coded: string): string | undefined {
  const dash = coded.lastIndexOf("-");
  const points = Array.from(coded.slice(0, Math.max(0, dash)), (character) => character.charCodeAt(0));
  if (points.some((point) => point >= initialCodePoint)) return undefined;
  let current = initialCodePoint;
  let bias = initialBias;
  let at = 0;
  for (let index = dash + 1; index < coded.length;) {
    const before = at;
    let weight = 1;
    for (let k = base; ; k += base) {
      const digit = "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(coded[index++]?.toLowerCase() ?? "!");
      if (digit < 0) return undefined;
      at += digit * weight;
      if (at > codePointsMax) return undefined;
      const threshold = Math.min(Math.max(k - bias, tMin), tMax);
      if (digit < threshold) break;
      weight *= base - threshold;
    }
    const count = points.length + 1;
    bias = adapt(at - before, count, before === 0);
    current += Math.floor(at / count);
    at %= count;
    if (current > 0x10_ffff || (current >= 0xd800 && current <= 0xdfff)) return undefined;
    points.splice(at, 0, current);
    at += 1;
  }
  return String.fromCodePoint(...points);
}

/** More than any delta of a label that a host name has room for. */
const codePointsMax = 2 ** 40;

// Punycode's parameters (RFC 3492, section 5).
const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const initialBias = 72;
const initialCodePoint = 128;

function encodeDelta(delta: number, bias: number): string {
  let rest = delta;
  let out = "";
  for (let k = base; ; k += base) {
    const threshold = Math.min(Math.max(k - bias, tMin), tMax);
    if (rest < threshold) return out + rest.toString(base).replace(/./, punycodeDigit);
    out += punycodeDigit((threshold + ((rest - threshold) % (base - threshold))).toString(base));
    rest = Math.floor((rest - threshold) / (base - threshold));
  }
}

/** Punycode's digits are a to z, then 0 to 9; base 36 of the language has them the other way round. */
function punycodeDigit(digit: string): string {
  return "abcdefghijklmnopqrstuvwxyz0123456789"[Number.parseInt(digit, base)] ?? "";
}

function adapt(delta: number, count: number, first: boolean): number {
  let rest = first ? Math.floor(delta / damp) : Math.floor(delta / 2);
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((base - tMin) * tMax) / 2; k += base) rest = Math.floor(rest / (base - tMin));
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
}
