// SPDX-License-Identifier: Apache-2.0
// Whether models, scores, explanations and signals come out the same to the bit in this Node, another and
// Chromium.
//
//   npm run identical -- [--texts N] [--node PROGRAM | --node install | --node none]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installNode, otherNode } from "./campaigns/other-node.ts";
import { linesInBrowser, missingBrowser } from "./identical/browser.ts";
import { computeLines } from "./identical/compute.ts";
import { firstDifference, linesOfNode } from "./identical/compare.ts";

const { values: options } = parseArgs({
  options: { texts: { type: "string", default: "3000" }, node: { type: "string", default: "install" } },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const count = Number(options.texts);
  const ours = computeLines(count);
  console.log(`Node ${process.version}: ${ours.length} lines of ${count} texts`);
  let differences = 0;
  const compare = (name: string, theirs: readonly string[]): void => {
    const found = firstDifference(ours, theirs);
    if (found !== undefined) differences += 1;
    console.log(`${name}: ${found ?? "the same"}`);
  };
  const directory = mkdtempSync(join(tmpdir(), "docket-identical-"));
  try {
    const node = options.node === "install" ? installNode(directory) : { program: options.node };
    if (options.node === "none") console.log("skipped: another Node: not asked for");
    else if ("why" in node) console.log(`skipped: ${otherNode}: ${node.why}`);
    else {
      const { stdout } = spawnSync(node.program, ["--version"], { encoding: "utf8" });
      compare(`Node ${stdout.trim()}`, linesOfNode(node.program, count));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const missing = missingBrowser();
  if (missing === undefined) compare("Chromium", await linesInBrowser(count));
  else console.log(`skipped: Chromium: ${missing}`);
  return differences === 0 ? 0 : 1;
}
