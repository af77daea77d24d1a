#!/usr/bin/env -S node --conditions=@docket/source
// SPDX-License-Identifier: Apache-2.0
// The command `docket`. Plain JavaScript, so that an older Node gets a sentence instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `docket needs Node 24.15 or newer; this is ${process.version} (${process.execPath}).\n` +
      "In a clone, `npx docket …` and `npm start` bring a Node 24 of their own.\n",
  );
  process.exit(2);
}
const { main } = await import("docket");
process.exitCode = await main(process.argv.slice(2));
