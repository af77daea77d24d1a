// SPDX-License-Identifier: Apache-2.0
// The program: what `bin/docket.js` runs.
export { main } from "./cli/main.ts";
