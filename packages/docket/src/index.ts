// SPDX-License-Identifier: Apache-2.0
export async function main(_words: readonly string[]): Promise<number> {
  return 2;
}
