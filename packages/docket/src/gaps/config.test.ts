// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfiguration } from "../config/configuration.ts";
import { failingDefaults, readFailingConfig } from "./config.ts";
import type { FailingConfig } from "./config.ts";

function read(text: string): FailingConfig {
  return readFailingConfig(parseConfiguration("docket.yaml", Buffer.from(text)).section("failing"));
}

test("everything is closed unless it is opened", () => {
  assert.deepEqual(readFailingConfig(undefined), failingDefaults);
  assert.deepEqual(read("failing: { mail: open, aside: /srv/aside }\n"), {
    decisions: "closed",
    batch: "closed",
    mail: "open",
    aside: "/srv/aside",
  });
});

for (const wrong of ["decisions: maybe", "decision: open", "aside: relative/path", "mail: [open]"]) {
  test(`${wrong} is refused`, () => {
    assert.throws(() => read(`failing: { ${wrong} }\n`), { code: "configuration_invalid" });
  });
}
