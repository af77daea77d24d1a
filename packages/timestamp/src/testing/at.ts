// SPDX-License-Identifier: Apache-2.0

/** The element at an index that a test knows to be there. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`nothing at ${index} of ${list.length}`);
  return element;
}
