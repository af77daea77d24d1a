// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { LookupDeclaration, LookupQuestion } from "@docket/policy";
import { DocketError } from "../error.ts";
import { AnswerMemory, believedMsMin, notListedMs } from "./answer-memory.ts";
import type { AddressResolver } from "./contract.ts";
import { DnsLookups, questionsPerEventMax, underWayMax } from "./dns-lookups.ts";
import { listName, meaningOf } from "./dns-name.ts";
import { dnsResolver } from "./dns-resolver.ts";
import { rbldnsdPath, replyTo, startBadServer, startRbldnsd } from "./testing/dns-list.ts";
import type { Misbehaviour } from "./testing/dns-list.ts";

for (const [value, addresses, name] of [
  ["192.0.2.99", true, "99.2.0.192.z.example"],
  ["2001:db8:1::ab", true, `b.a.${"0.".repeat(18)}1.0.0.0.8.b.d.0.1.0.0.2.z.example`],
  ["::ffff:192.0.2.99", true, "99.2.0.192.z.example"],
  ["example.com", false, "example.com.z.example"],
  ["xn--bcher-kva.example", false, "xn--bcher-kva.example.z.example"],
  // What no list can say anything about.
  ["10.1.2.3", true, undefined],
  ["127.0.0.1", true, undefined],
  ["172.20.0.1", true, undefined],
  ["::1", true, undefined],
  ["fe80::1%eth0", true, undefined],
  ["fd00::1", true, undefined],
  ["::ffff:10.0.0.1", true, undefined],
  ["192.0.2.99", false, undefined],
  ["[2001:db8::1]", false, undefined],
  ["localhost", false, undefined],
  ["a b.example", false, undefined],
  [`${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(60)}.example`, false, undefined],
] as const) {
  test(`the name for ${value} in a list of ${addresses ? "addresses" : "names"}`, () => {
    assert.equal(listName(value, "z.example", addresses), name);
  });
}

test("errors and made-up answers are no listings", () => {
  for (const address of ["127.255.255.252", "127.255.255.254", "127.0.0.1", "127.0.1.255"]) {
    assert.equal(meaningOf(address), "refused");
  }
  assert.equal(meaningOf("93.184.216.34"), "garbage");
  assert.equal(meaningOf("127.0.0.2"), "listed");
});

test("answers are remembered for as long as they hold, within bounds, and not for ever more of them", () => {
  let now = 0;
  const memory = new AnswerMemory(() => now, 3);
  memory.keep("short", ["127.0.0.2"], 1);
  memory.keep("long", ["127.0.0.2"], 1_000_000);
  memory.keep("not", [], undefined);
  now = believedMsMin - 1;
  assert.deepEqual(memory.find("short"), ["127.0.0.2"]);
  now = believedMsMin;
  assert.equal(memory.find("short"), undefined);
  now = notListedMs - 1;
  assert.deepEqual(memory.find("not"), []);
  now = 3_600_000;
  assert.equal(memory.find("long"), undefined);
  for (let each = 0; each < 10; each++) memory.keep(`n${each}`, [], undefined);
  assert.equal(memory.size, 3);
});

function question(
  of: string,
  values: readonly string[],
  more: Partial<LookupDeclaration> = {},
): LookupQuestion {
  return { lookup: { name: "l", zone: "z.example", of, timeoutMs: 500, place: "p.yaml:1", ...more }, values };
}

/** Look-ups that end with the test. */
function lookupsOf(t: TestContext, resolver: AddressResolver, notices: string[] = []): DnsLookups {
  const lookups = new DnsLookups({
    resolver,
    clock: () => performance.now(),
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    onNotice: (notice) => notices.push(notice),
  });
  t.after(() => lookups.close());
  return lookups;
}

test("a real list, of names and of addresses", async (t) => {
  const path = rbldnsdPath();
  if (path === undefined) return t.skip("rbldnsd is absent");
  const server = await startRbldnsd(path, [
    {
      name: "dbl.example",
      type: "dnset",
      lines: [":127.0.1.2:spam", ".bad.example", "worse.example :127.0.1.4:x"],
    },
    {
      name: "ip.example",
      type: "ip4set",
      lines: [":127.0.0.4:x", "192.0.2.0/24", "198.51.100.7 :127.255.255.254:no"],
    },
    { name: "ip6.example", type: "ip6trie", lines: [":127.0.0.3:x", "2001:db8::/32"] },
  ]);
  t.after(() => server.close());
  const lookups = lookupsOf(t, dnsResolver([server.server]));
  const names = { of: "signals.domains", zone: "dbl.example", name: "dbl" };
  const dbl = (values: readonly string[], more = {}): LookupQuestion =>
    question("signals.domains", values, { ...names, ...more });
  const ip = (value: string, zone = "ip.example"): LookupQuestion =>
    question("actor.ip", [value], { zone, name: "ip" });
  assert.deepEqual(
    await lookups.ask([dbl(["bad.example", "worse.example", "good.example"]), ip("192.0.2.9")]),
    {
      dbl: { listed: true, codes: ["127.0.1.2", "127.0.1.4"] },
      ip: { listed: true, codes: ["127.0.0.4"] },
    },
  );
  assert.deepEqual(await lookups.ask([dbl(["good.example"]), ip("203.0.113.1")]), {
    dbl: { listed: false, codes: [] },
    ip: { listed: false, codes: [] },
  });
  const codes = ["127.0.1.9"];
  assert.deepEqual(await lookups.ask([dbl(["bad.example"], { codes })]), {
    dbl: { listed: false, codes: [] },
  });
  assert.deepEqual(await lookups.ask([ip("198.51.100.7")]), {}, "a refusal is missing");
  assert.deepEqual(await lookups.ask([ip("2001:db8::7", "ip6.example")]), {
    ip: { listed: true, codes: ["127.0.0.3"] },
  });
  assert.deepEqual(await lookups.ask([ip("10.0.0.1"), dbl([])]), {
    ip: { listed: false, codes: [] },
    dbl: { listed: false, codes: [] },
  });
  // The same again needs no server.
  const { asked } = lookups.figures;
  await server.close();
  assert.deepEqual(lookups.remembered([dbl(["bad.example", "good.example"])]), {
    dbl: { listed: true, codes: ["127.0.1.2"] },
  });
  assert.deepEqual(await lookups.ask([dbl(["bad.example", "good.example"])]), {
    dbl: { listed: true, codes: ["127.0.1.2"] },
  });
  assert.deepEqual(lookups.remembered([dbl(["new.example"])]), {});
  assert.equal(lookups.figures.asked, asked);
});

const misbehaviours: readonly (readonly [string, Misbehaviour])[] = [
  ["never answers", () => undefined],
  ["answers garbage", () => Buffer.from("garbage that is no message of the DNS")],
  ["answers nothing at all", () => Buffer.alloc(0)],
  ["answers with another id", (asked) => Buffer.concat([Buffer.from([1, 2]), replyTo(asked).subarray(2)])],
  ["fails", (asked) => replyTo(asked, { code: 2 })],
  ["refuses", (asked) => replyTo(asked, { code: 5 })],
  ["cuts its answer off, and takes no TCP", (asked) => replyTo(asked, { truncated: true })],
  ["cuts a record in two", (asked) => replyTo(asked, { addresses: ["127.0.0.2"] }).subarray(0, -3)],
  ["makes an answer up", (asked) => replyTo(asked, { addresses: ["203.0.113.1"] })],
  ["says 127.255.255.254", (asked) => replyTo(asked, { addresses: ["127.0.0.2", "127.255.255.254"] })],
];

for (const [what, answer] of misbehaviours) {
  test(`a server that ${what}: what is read is missing, in time`, async (t) => {
    const server = await startBadServer(answer);
    t.after(() => server.close());
    const lookups = lookupsOf(t, dnsResolver([server.server]));
    const asked = question("signals.domains", ["a.example", "b.example"], { timeoutMs: 60 });
    assert.deepEqual(await lookups.ask([asked]), {});
    assert.deepEqual(lookups.remembered([asked]), {});
    assert.equal(lookups.figures.listed, 0);
  });
}

test("one that is listed is listed, although another is not answered", async (t) => {
  const server = await startBadServer((asked) =>
    asked.includes("bad") ? replyTo(asked, { addresses: ["127.0.0.2"] }) : undefined,
  );
  t.after(() => server.close());
  const lookups = lookupsOf(t, dnsResolver([server.server]));
  assert.deepEqual(
    await lookups.ask([question("signals.domains", ["slow.example", "bad.example"], { timeoutMs: 80 })]),
    {
      l: { listed: true, codes: ["127.0.0.2"] },
    },
  );
});

/** A resolver that answers when it is told to. */
function heldResolver(): AddressResolver & { names: string[]; release: () => void } {
  const names: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  return {
    names,
    release: () => release(),
    resolve4: async (name) => {
      names.push(name);
      await held;
      return [{ address: "127.0.0.2", ttl: 60 }];
    },
    cancel: () => release(),
  };
}

test("a question is asked once, however many ask it, and its late answer is remembered", async (t) => {
  const resolver = heldResolver();
  const lookups = lookupsOf(t, resolver);
  const one = question("signals.domains", ["a.example", "a.example"], { timeoutMs: 20 });
  assert.deepEqual(await Promise.all([lookups.ask([one]), lookups.ask([one])]), [{}, {}]);
  assert.deepEqual(resolver.names, ["a.example.z.example"]);
  resolver.release();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(lookups.remembered([one]), { l: { listed: true, codes: ["127.0.0.2"] } });
});

test("no more questions about an event, and under way at once, than their limits", async (t) => {
  const resolver = heldResolver();
  const lookups = lookupsOf(t, resolver);
  const many = (prefix: string): LookupQuestion =>
    question(
      "signals.domains",
      Array.from({ length: 40 }, (_, at) => `${prefix}${at}.example`),
      { timeoutMs: 20 },
    );
  await lookups.ask([many("a"), many("b")]);
  assert.equal(resolver.names.length, questionsPerEventMax);
  await Promise.all(Array.from({ length: 40 }, (_, at) => lookups.ask([many(`c${at}x`)])));
  assert.equal(resolver.names.length, underWayMax);
});

test("a zone that fails and fails is left alone for a while, and the operator is told once", async (t) => {
  const notices: string[] = [];
  let asked = 0;
  const lookups = lookupsOf(
    t,
    {
      resolve4: async () => {
        asked += 1;
        throw Object.assign(new Error("no"), { code: "ESERVFAIL" });
      },
      cancel: () => undefined,
    },
    notices,
  );
  for (let at = 0; at < 100; at++) await lookups.ask([question("signals.domains", [`a${at}.example`])]);
  assert.equal(asked, 20);
  assert.equal(lookups.figures.failed, 100);
  assert.deepEqual(notices, ["z.example doesn't answer: what is read of it is missing until it does"]);
});

test("servers that can't be read are refused", () => {
  dnsResolver(["127.0.0.1", "127.0.0.1:5353", "[::1]:53", "::1"]);
  for (const server of ["", "dns.example", "127.0.0.1:0", "127.0.0.1:70000", "::1:53:x", "[127.0.0.1]:53"]) {
    assert.throws(
      () => dnsResolver([server]),
      (error) => error instanceof DocketError && error.code === "usage",
      server,
    );
  }
});
