// SPDX-License-Identifier: Apache-2.0
// Gives property tests their seed before any test file is loaded. With one that stays the same a run says
// something about what was changed; others are looked for with `npm test -- --seed random`.
import * as fc from "fast-check";

const seed = Number(process.env["DOCKET_PROPERTY_SEED"]);
if (Number.isSafeInteger(seed)) fc.configureGlobal({ seed });
