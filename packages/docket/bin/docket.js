#!/usr/bin/env -S node --conditions=@docket/source
// SPDX-License-Identifier: Apache-2.0
// The command `docket`. Plain JavaScript, so that an older Node gets a sentence instead of a syntax error.
import * as module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `docket needs Node 24.15 or newer; this is ${process.version} (${process.execPath}).\n` +
      "In a clone, `npx docket …` and `npm start` bring a Node 24 of their own.\n",
  );
  process.exit(2);
}
// What was compiled once is read the next time: most commands take half as long. In a folder of the user's
// own, since whoever can write it can change what runs; where none can be made, nothing is kept.
const { NODE_COMPILE_CACHE: chosen, XDG_CACHE_HOME: caches } = process.env;
module.enableCompileCache(chosen ?? join(caches || join(homedir(), ".cache"), "docket"));
const { main } = await import("docket");
process.exitCode = await main(process.argv.slice(2));
