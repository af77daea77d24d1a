// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";

/** The element of a list, which must be there. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list.at(index);
  assert.ok(element !== undefined, `there is no element ${index} of ${list.length}`);
  return element;
}
