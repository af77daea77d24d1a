// SPDX-License-Identifier: Apache-2.0
// 64-bit integers, exact. A safe integer is a number, a larger one a bigint: the common case stays fast,
// and equal integers are always `===`. Overflow and division by zero are CEL's error value: `undefined`.

/** An integer of 64 bits in the form above. */
export type Integer = number | bigint;

/** The form above of a bigint; `undefined` if it doesn't fit 64 bits. */
export function integerOf(value: bigint): Integer | undefined {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** a + b. The sum of two safe integers is exact if it is itself safe. */
export function add(a: Integer, b: Integer): Integer | undefined {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return integerOf(BigInt(a) + BigInt(b));
}

/** a - b. */
export function subtract(a: Integer, b: Integer): Integer | undefined {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return integerOf(BigInt(a) - BigInt(b));
}

/** a · b. A rounded product is never safe, so a safe one is exact; adding 0 turns -0 into 0. */
export function multiply(a: Integer, b: Integer): Integer | undefined {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return integerOf(BigInt(a) * BigInt(b));
}

/** a / b, cut towards zero. */
export function divide(a: Integer, b: Integer): Integer | undefined {
  if (b === 0) return undefined;
  if (typeof a === "number" && typeof b === "number") return (a - (a % b)) / b + 0;
  return integerOf(BigInt(a) / BigInt(b));
}

/** The remainder, with the sign of a. */
export function remainder(a: Integer, b: Integer): Integer | undefined {
  if (b === 0) return undefined;
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  // The smallest integer by -1 overflows as the division does, although its remainder would be 0.
  if (b === -1 && integerOf(-BigInt(a)) === undefined) return undefined;
  return integerOf(BigInt(a) % BigInt(b));
}

/** -a. */
export function negate(a: Integer): Integer | undefined {
  return typeof a === "number" ? 0 - a : integerOf(-a);
}
