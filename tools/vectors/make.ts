// SPDX-License-Identifier: Apache-2.0
// Writes packages/tlog/vectors: `node tools/vectors/make.ts`. What it writes depends on nothing but this
// folder; vectors.test.ts compares it with what is there.
import { writeFileSync } from "node:fs";
import { makeVectors } from "./all.ts";

for (const [name, text] of makeVectors()) {
  writeFileSync(new URL(`../../packages/tlog/vectors/${name}`, import.meta.url), text);
  process.stdout.write(`${name}: ${(JSON.parse(text) as { count: number }).count} cases\n`);
}
