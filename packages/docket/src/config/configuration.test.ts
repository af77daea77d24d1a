// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { DocketError } from "../error.ts";
import { configurationBytesMax, parseConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { durationText } from "./node.ts";
import type { ConfigNode } from "./node.ts";

function parse(text: string | Uint8Array): Configuration {
  return parseConfiguration("docket.yaml", typeof text === "string" ? Buffer.from(text) : text);
}

/** What reading the section `clock` of a text says. */
function refusal(text: string, read: (node: ConfigNode) => unknown): string {
  const node = parse(text).section("clock");
  assert.ok(node !== undefined);
  try {
    read(node);
  } catch (error) {
    assert.ok(error instanceof DocketError && error.code === "configuration_invalid");
    return error.message;
  }
  return "none";
}

test("values are read by their kind", () => {
  const text = [
    "clock:",
    "  every: 5m",
    "  sources: [chrony, {server: time.example}]",
    "  driftPpm: 50",
    "  strict: true",
    "  onStep: stop",
  ].join("\n");
  const configuration = parse(text);
  assert.equal(configuration.hash?.length, 43);
  assert.equal(configuration.section("anchors"), undefined);
  const clock = configuration.section("clock")?.map(["every", "sources", "driftPpm", "strict", "onStep"]);
  assert.equal(clock?.every?.durationMs({ leastMs: 1000, mostMs: 3_600_000 }), 300_000);
  const [first, second] = clock?.sources?.list() ?? [];
  assert.equal(first?.isMap, false);
  assert.equal(first?.text(), "chrony");
  assert.equal(second?.map(["server"]).server?.text(), "time.example");
  assert.equal(clock?.driftPpm?.wholeNumber({ least: 0, most: 500 }), 50);
  assert.equal(clock?.strict?.flag(), true);
  assert.equal(clock?.onStep?.oneOf(["stop", "null"]), "stop");
});

test("a file with nothing but comments, or none, says nothing", () => {
  for (const text of ["", "# later\n"]) assert.equal(parse(text).section("clock"), undefined);
});

test("a wrong value is told with its line, its name and what to write", () => {
  const every = (node: ConfigNode): unknown =>
    node.map(["every"]).every?.durationMs({ leastMs: 1000, mostMs: 60_000 });
  const wrongTime = "docket.yaml:2: clock.every must be a time from 1s to 1m, such as 10s, 5m, 12h or 30d";
  for (const value of ["5", "2m", "10 s", "1.5s", "-1s", "[]", "null"]) {
    const said = refusal(`clock:\n  every: ${value}`, every);
    assert.ok([wrongTime, "docket.yaml:2: clock.every must be a single value"].includes(said), said);
  }
  assert.equal(
    refusal("clock:\n  evry: 10s", every),
    'docket.yaml:2: clock.evry is not known; did you mean "every"?',
  );
  assert.equal(refusal("clock: 3", every), "docket.yaml:1: clock must be a mapping with any of every");
  const number = (node: ConfigNode): unknown => node.wholeNumber({ least: 0, most: 9 });
  assert.equal(refusal("clock: 1.5", number), "docket.yaml:1: clock must be a whole number from 0 to 9");
  assert.equal(refusal("clock: ten", number), "docket.yaml:1: clock must be a whole number from 0 to 9");
  const flag = (node: ConfigNode): unknown => node.flag();
  assert.equal(refusal("clock: yes", flag), "docket.yaml:1: clock must be true or false");
  const word = (node: ConfigNode): unknown => node.oneOf(["open", "closed"]);
  assert.equal(
    refusal("clock: opne", word),
    'docket.yaml:1: clock must be one of open, closed; did you mean "open"?',
  );
  const text = (node: ConfigNode): unknown => node.text({ most: 5, pattern: /[a-z]+/, what: "a name" });
  assert.equal(refusal("clock: UPPER", text), 'docket.yaml:1: clock must be a name, and is "UPPER"');
  assert.match(refusal("clock: toolong", text), /must be a name of 1 to 5 characters/);
  assert.match(refusal("clock: 12", text), /put it in quotes/);
  const list = (node: ConfigNode): unknown => node.list({ least: 1, most: 2 });
  for (const value of ["[]", "[1, 2, 3]", "one"]) {
    assert.equal(refusal(`clock: ${value}`, list), "docket.yaml:1: clock must be a list of 1 to 2 elements");
  }
});

test("a file that is no configuration is refused with its place", () => {
  const refused = (text: string | Uint8Array, message: RegExp): void => {
    assert.throws(() => parse(text), { code: "configuration_invalid", message });
  };
  refused("clock: {}\nclokc: {}", /^docket\.yaml:2: clokc is not known; did you mean "clock"\?$/);
  refused("clock: {}\nclock: {}", /^docket\.yaml:2: Map keys must be unique/);
  refused("a: [", /^docket\.yaml:1: /);
  refused("- clock", /^docket\.yaml:1: must be a mapping/);
  refused(Buffer.from([0xff]), /is not UTF-8/);
  refused(Buffer.alloc(configurationBytesMax + 1), /the limit is/);
});

test("a time is written in the largest unit", () => {
  assert.deepEqual([0, 1, 1000, 90_000, 3_600_000, 172_800_000].map(durationText), [
    "0ms",
    "1ms",
    "1s",
    "90s",
    "1h",
    "2d",
  ]);
});
