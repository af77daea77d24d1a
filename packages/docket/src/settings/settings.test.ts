// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encodeBody, encodeLeaf } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { SettingsDesk } from "./settings-desk.ts";
import { defaultSettings, faultOfSetting, settingDefinitions, settingNames } from "./settings.ts";

const admin = { by: "k_AAAAAAAAAAAAAAAA", role: "admin" } as const;

/** A desk whose records are kept in a list, as a log keeps them. */
function setUp(leaves: string[] = []): { desk: SettingsDesk; leaves: string[]; fail: () => void } {
  let fails = false;
  const seal = async (body: BodyWithoutParts, undo: () => void): Promise<{ index: number }> => {
    const index = leaves.length;
    if (fails) {
      undo();
      throw new DocketError("sealing_failed", "the disk is full");
    }
    const header = { v: 1, index, prev: "A".repeat(43), time: "2026-11-23T00:00:00.000Z" } as const;
    leaves.push(encodeLeaf({ ...header, uncertaintyMs: null }, encodeBody(body)));
    return { index };
  };
  return { desk: new SettingsDesk([...leaves], { seal }), leaves, fail: () => (fails = true) };
}

void test("settings begin with their defaults, change by records, and come again from them", async () => {
  const { desk, leaves } = setUp();
  assert.deepEqual(desk.current, defaultSettings);
  const changed = await desk.change(admin, { bulkCap: 7, disputePeriodDays: 90 });
  assert.deepEqual([changed.index, changed.settings.bulkCap], [0, 7]);
  assert.match(leaves[0] ?? "", /"values":\{"bulkCap":7,"disputePeriodDays":90\}\}$/);
  assert.deepEqual(await desk.change(admin, { bulkCap: 7 }), { settings: desk.current, index: null });
  await desk.change(admin, { bulkCap: 8 });
  assert.equal(leaves.length, 2);
  assert.deepEqual(setUp(leaves).desk.current, { ...defaultSettings, bulkCap: 8, disputePeriodDays: 90 });
});

void test("what was not sealed does not hold", async () => {
  const { desk, fail } = setUp();
  fail();
  await assert.rejects(desk.change(admin, { bulkCap: 7 }), { code: "sealing_failed" });
  assert.deepEqual(desk.current, defaultSettings);
});

void test("an unknown name, a value out of bounds and nothing at all are refused", async () => {
  const { desk, leaves } = setUp();
  for (const wished of [{ bulkcap: 1 }, { bulkCap: 0 }, { bulkCap: 1.5 }, { __proto__x: 1 }, {}]) {
    await assert.rejects(desk.change(admin, wished), { code: "setting_invalid" });
  }
  assert.match(faultOfSetting("bulkCap", 0) ?? "", /^bulkCap is a whole number from 1 to 1000000$/);
  assert.deepEqual(leaves, []);
});

void test("defaults lie within their bounds, and the page has all settings", () => {
  const page = readFileSync(new URL("../../../../docs/operations/settings.md", import.meta.url), "utf8");
  for (const name of settingNames) {
    const { default: initial, about } = settingDefinitions[name];
    assert.equal(faultOfSetting(name, initial), undefined);
    assert.ok(page.includes(`| \`${name}\` | ${initial} | ${about} |`), name);
  }
});
