// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { generateSignerKey, parseSignerKey, parseTilePath } from "@docket/tlog";
import { CrashError } from "../testing/memory-disk.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import { mirrorLog } from "./mirror.ts";
import type { MirrorOptions, MirrorReport } from "./mirror.ts";
import type { Fetch } from "./server.ts";
import type { FollowTrust } from "./signed-head.ts";
import {
  fetchOf,
  fileOf,
  followedKey,
  followedOrigin,
  followedSigner,
  publish,
  serverOf,
  testEntries,
} from "./testing/log-files.ts";
import type { PublishedFiles } from "./testing/log-files.ts";
import { FollowerMemoryDisk } from "./testing/memory-disk.ts";

const trust: FollowTrust = { origin: followedOrigin, keys: [followedKey], policy: undefined };
const directory = "/copy";
const honest = testEntries(1300);
const published = new Map([0, 1, 300, 512, 600, 1300].map((size) => [size, publish(honest.slice(0, size))]));

function at(size: number): PublishedFiles {
  return new Map(published.get(size));
}

function newDisk(): FollowerMemoryDisk {
  const disk = new FollowerMemoryDisk();
  disk.makeDirectory(directory);
  return disk;
}

function run(
  disk: FollowerMemoryDisk,
  from: PublishedFiles | Fetch,
  over: Partial<MirrorOptions> = {},
): Promise<MirrorReport> {
  const server = serverOf(typeof from === "function" ? from : fetchOf(() => from));
  return mirrorLog({ server, trust, disk, directory, entries: true, recheck: false, ...over });
}

/** All files of the copy, but its own state. */
function filesOf(disk: FollowerMemoryDisk, below = ""): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const name of disk.list(`${directory}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    const bytes = disk.readFile(`${directory}/${path}`);
    if (bytes === undefined) for (const [inner, content] of filesOf(disk, path)) found.set(inner, content);
    else if (path !== "mirror.json") found.set(path, bytes);
  }
  return found;
}

/** The copy serves what its checkpoint covers, and whatever else lies there is of the same log. */
function assertServes(disk: FollowerMemoryDisk, size: number, entries = true): void {
  const files = filesOf(disk);
  for (const [path, bytes] of at(size)) {
    if (!entries && path.startsWith("tile/entries/")) continue;
    assert.deepEqual(files.get(path), Buffer.from(bytes), path);
  }
}

describe("a mirror", () => {
  test("has byte for byte what the log publishes, and nothing else", async () => {
    for (const size of [0, 1, 300, 512, 1300]) {
      const disk = newDisk();
      const report = await run(disk, at(size));
      assert.equal(report.outcome, "complete");
      assert.deepEqual([report.size, report.from, report.entries], [size, null, size]);
      assert.deepEqual([...filesOf(disk).keys()].sort(), [...at(size).keys()].sort());
      assertServes(disk, size);
    }
  });

  test("fetches only what is new, and keeps partial tiles until the full one is there", async () => {
    const disk = newDisk();
    await run(disk, at(300));
    const asked: string[] = [];
    const grown = at(600);
    const report = await run(
      disk,
      fetchOf(() => grown, asked),
    );
    assert.deepEqual([report.outcome, report.from, report.size, report.bundles], ["complete", 300, 600, 2]);
    assert.ok(!asked.includes("tile/0/000") && !asked.includes("tile/entries/000"));
    assertServes(disk, 600);
    const files = filesOf(disk);
    assert.equal(files.has("tile/0/001.p/44"), false);
    assert.equal(files.has("tile/entries/001.p/44"), false);
    // Level 1 has 2 hashes now, and a reader with the older checkpoint may still ask for 1.
    assert.ok(files.has("tile/1/000.p/1") && files.has("tile/1/000.p/2"));
    await run(disk, at(1300));
    assertServes(disk, 1300);
  });

  test("asks for the checkpoint alone where nothing is new", async () => {
    const disk = newDisk();
    await run(disk, at(300));
    const asked: string[] = [];
    const { outcome, tiles } = await run(
      disk,
      fetchOf(() => at(300), asked),
    );
    assert.deepEqual([outcome, tiles, asked], ["complete", 0, ["checkpoint"]]);
  });

  test("copies no entries unless asked, takes them later, and goes on with them", async () => {
    const disk = newDisk();
    assert.equal((await run(disk, at(300), { entries: false })).entries, null);
    assertServes(disk, 300, false);
    assert.ok(![...filesOf(disk).keys()].some((path) => path.startsWith("tile/entries")));
    assert.equal((await run(disk, at(300))).entries, 300);
    assertServes(disk, 300);
    assert.equal((await run(disk, at(600), { entries: false })).entries, 600);
    assertServes(disk, 600);
  });

  test("takes partial tiles that are gone from the full ones", async () => {
    const moving = at(300);
    for (const path of ["tile/0/001", "tile/entries/001"]) {
      moving.set(path, fileOf(at(512), path));
      moving.delete(`${path}.p/44`);
    }
    const disk = newDisk();
    assert.equal((await run(disk, moving)).outcome, "complete");
    assertServes(disk, 300);
  });

  test("says which entries it was not given, and looks for them again", async () => {
    const pruned = at(1300);
    for (const path of ["tile/entries/000", "tile/entries/001", "tile/entries/003"]) pruned.delete(path);
    const disk = newDisk();
    const first = await run(disk, pruned);
    assert.equal(first.outcome, "incomplete");
    assert.deepEqual(first.missing, [
      { first: 0, last: 511 },
      { first: 768, last: 1023 },
    ]);
    const asked: string[] = [];
    assert.equal(
      (
        await run(
          disk,
          fetchOf(() => pruned, asked),
        )
      ).outcome,
      "incomplete",
    );
    assert.deepEqual(
      asked.filter((path) => path.includes("entries")),
      ["tile/entries/001", "tile/entries/003"],
    );
    assert.equal((await run(disk, at(1300))).outcome, "complete");
    assertServes(disk, 1300);
  });

  test("names the bundles that are wrong, twenty of them, and takes them once they are right", async () => {
    const many = testEntries(24 * 256);
    const lying = publish(many);
    for (const path of [...lying.keys()].filter((each) => each.startsWith("tile/entries/"))) {
      lying.set(path, Buffer.alloc(path.endsWith("001") ? 20_000_000 : 20));
    }
    const disk = newDisk();
    const report = await run(disk, lying);
    assert.deepEqual([report.outcome, report.size, report.bundles], ["wrong", many.length, 0]);
    assert.equal(report.reasons.length, 21);
    assert.match(report.reasons.join("\n"), /tile\/entries\/001 is longer than[^]*and 4 more bundles/);
    const refusing: Fetch = async (url, init) =>
      url.pathname.includes("entries")
        ? new Response(null, { status: 401 })
        : fetchOf(() => lying)(url, init);
    assert.equal((await run(disk, refusing)).outcome, "incomplete");
    assert.equal((await run(disk, publish(many))).outcome, "complete");
  });

  test("takes no partial bundle from a full one that is none", async () => {
    const moving = at(300);
    moving.delete("tile/entries/001.p/44");
    moving.set("tile/entries/001", Buffer.from("nothing"));
    assert.equal((await run(newDisk(), moving)).outcome, "wrong");
  });

  test("says that entries need a role, and takes them once it has it", async () => {
    const files = at(600);
    const refusing: Fetch = async (url, init) =>
      url.pathname.includes("entries")
        ? new Response(null, { status: 403 })
        : fetchOf(() => files)(url, init);
    const disk = newDisk();
    const refused = await run(disk, refusing);
    assert.equal(refused.outcome, "incomplete");
    assert.deepEqual([refused.size, refused.entries], [600, null]);
    assert.match(refused.reasons.join(), /does not show .*403.*API key/);
    assertServes(disk, 600, false);
    assert.equal((await run(disk, files)).entries, 600);
    assertServes(disk, 600);
  });

  test("repairs what was damaged or removed when it is told to look", async () => {
    const disk = newDisk();
    await run(disk, at(1300));
    disk.replaceFile(`${directory}/tile/0/002`, Buffer.alloc(8192), true);
    disk.replaceFile(`${directory}/tile/entries/001`, Buffer.alloc(10), true);
    disk.remove(`${directory}/tile/0/003`);
    const report = await run(disk, at(1300), { recheck: true });
    assert.equal(report.outcome, "complete");
    assert.deepEqual(report.repaired.sort(), ["tile/0/002", "tile/entries/001"]);
    assertServes(disk, 1300);
  });
});

describe("a lying server", () => {
  test("in any file: nothing wrong is put in place", async () => {
    for (const path of at(600).keys()) {
      for (const change of ["flip", "cut", "lengthen", "remove"] as const) {
        const lying = at(600);
        const bytes = fileOf(lying, path);
        if (change === "flip") bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
        if (change === "remove") lying.delete(path);
        else
          lying.set(
            path,
            change === "cut" ? bytes.subarray(1) : change === "flip" ? bytes : Buffer.concat([bytes, bytes]),
          );
        const disk = newDisk();
        await run(disk, at(300));
        const report = await run(disk, lying);
        const where = `${path} ${change}`;
        if (path === "tile/0/000" || path === "tile/entries/000") {
          assert.equal(report.outcome, "complete", where);
        } else {
          assert.notEqual(report.outcome, "complete", where);
          const isEntries = parseTilePath(path)?.kind === "entries";
          assert.equal(report.size, isEntries ? 600 : 300, where);
        }
        for (const [name, content] of filesOf(disk)) {
          if (name.startsWith("evidence/")) continue;
          const origin = name.replace("incoming/", "");
          const genuine = [at(300), at(600)].some((files) =>
            Buffer.from(files.get(origin) ?? []).equals(content),
          );
          assert.ok(genuine, `${where}: ${name}`);
        }
        // Once it tells the truth, nothing is left of it.
        assert.equal((await run(disk, at(600))).outcome, "complete", where);
        assertServes(disk, 600);
      }
    }
  });

  test("with another history is refused, and what shows it is kept", async () => {
    const disk = newDisk();
    await run(disk, at(300));
    const before = filesOf(disk);
    for (const [size, kind] of [
      [700, "fork"],
      [300, "fork"],
      [200, "rollback"],
    ] as const) {
      const report = await run(disk, publish(testEntries(size, 1, 150)));
      assert.equal(report.outcome, "wrong");
      assert.ok(report.finding?.kind === kind && report.finding.evidence.length >= 2, kind);
      assert.equal(report.size, 300);
    }
    for (const [path, bytes] of before) assert.deepEqual(filesOf(disk).get(path), bytes);
    assert.equal((await run(disk, at(600))).outcome, "complete");
    assertServes(disk, 600);
    assert.ok(!filesOf(disk).has("incoming/tile/0/000"));
  });

  test("with a checkpoint that the log did not sign is refused", async () => {
    const disk = newDisk();
    const report = await run(disk, new Map([["checkpoint", Buffer.from("It works!\n")]]));
    assert.deepEqual([report.outcome, report.finding?.kind, report.size], ["wrong", "signature", null]);
  });

  test("is unreachable", async () => {
    const report = await run(newDisk(), async () => new Response(null, { status: 500 }));
    assert.equal(report.outcome, "incomplete");
    assert.match(report.reasons.join(), /answered 500/);
  });
});

describe("kept checkpoints", () => {
  /** A log of 600 entries that lists these sizes, two a page. */
  function keeping(sizes: readonly number[], files: PublishedFiles = at(600)): Fetch {
    for (const size of sizes) {
      if (!files.has(`checkpoints/${size}`))
        files.set(`checkpoints/${size}`, fileOf(publish(honest.slice(0, size)), "checkpoint"));
    }
    return async (url, init) => {
      if (url.pathname !== "/v1/checkpoints") return fetchOf(() => files)(url, init);
      const rest = sizes.filter((size) => size > Number(url.searchParams.get("after")));
      return Response.json({ sizes: rest.slice(0, 2), more: rest.length > 2 });
    };
  }

  test("are copied, each of the tree; later ones when the copy covers them", async () => {
    const disk = newDisk();
    const report = await run(disk, keeping([1, 300, 512, 600, 700]), { checkpoints: true });
    assert.deepEqual([report.outcome, report.checkpoints], ["complete", 4]);
    for (const size of [1, 300, 512]) {
      const kept = disk.readFile(`${directory}/checkpoints/${size}`);
      assert.deepEqual(kept, fileOf(publish(honest.slice(0, size)), "checkpoint"));
    }
    const again = await run(disk, keeping([1, 300, 512, 600]), { checkpoints: true });
    assert.deepEqual([again.outcome, again.checkpoints], ["complete", 0]);
    assertServes(disk, 600);
  });

  test("that are of another tree are evidence of a fork", async () => {
    const disk = newDisk();
    const files = at(600);
    files.set("checkpoints/300", fileOf(publish(testEntries(300, 1)), "checkpoint"));
    const report = await run(disk, keeping([1, 300], files), { checkpoints: true });
    assert.equal(report.outcome, "wrong");
    assert.ok(report.finding?.kind === "fork" && report.finding.evidence.length === 2);
    assert.equal(disk.readFile(`${directory}/checkpoints/300`), undefined);
    assertServes(disk, 600);
  });

  test("that were cosigned since are taken again, and the others are not", async () => {
    const key = generateSignerKey("w.example", new Uint8Array(32).fill(1), "ed25519-cosignature");
    const cosigner = parseSignerKey(key.signerKey, () => 9);
    const disk = newDisk();
    await run(disk, keeping([1, 300]), { checkpoints: true });
    const files = at(600);
    for (const size of [1, 300]) {
      const cosigned = publish(honest.slice(0, size), [followedSigner, cosigner]);
      files.set(`checkpoints/${size}`, fileOf(cosigned, "checkpoint"));
    }
    const report = await run(disk, keeping([1, 300], files), { checkpoints: true });
    assert.deepEqual([report.checkpoints, report.repaired], [1, []]);
    assert.deepEqual(disk.readFile(`${directory}/checkpoints/300`), fileOf(files, "checkpoints/300"));
    // One that was damaged here is no reason to keep it.
    disk.replaceFile(`${directory}/checkpoints/300`, Buffer.from("?"), true);
    assert.equal((await run(disk, keeping([1, 300], files), { checkpoints: true })).checkpoints, 1);
  });

  test("that are listed and not there are named", async () => {
    const files = at(600);
    const listing = keeping([1], files);
    files.delete("checkpoints/1");
    const report = await run(newDisk(), listing, { checkpoints: true });
    assert.match(report.reasons.join(), /checkpoints\/1: it is listed, and not there/);
  });

  test("that are not what they are listed as are named", async () => {
    const disk = newDisk();
    const files = at(600);
    files.set("checkpoints/1", fileOf(at(300), "checkpoint"));
    files.set("checkpoints/300", Buffer.from("nothing\n"));
    const report = await run(disk, keeping([1, 300], files), { checkpoints: true });
    assert.equal(report.outcome, "wrong");
    assert.match(
      report.reasons.join("\n"),
      /checkpoints\/1: it covers 300[^]*checkpoints\/300: a note without/,
    );
  });

  test("of a server that lists none, or lists without end, are said to be missing", async () => {
    const lists = [undefined, "{}", '{"sizes":[3,2],"more":false}', '{"sizes":[-1],"more":false}', "["];
    for (const text of lists) {
      const files = at(300);
      if (text !== undefined) files.set("v1/checkpoints", Buffer.from(text));
      const report = await run(newDisk(), files, { checkpoints: true });
      assert.equal(report.outcome, "incomplete", text);
      assert.match(report.reasons.join(), /^kept checkpoints: the server/);
    }
    const files = at(300);
    files.set("v1/checkpoints", Buffer.from('{"sizes":[],"more":true}'));
    assert.equal((await run(newDisk(), files, { checkpoints: true })).outcome, "complete");
  });
});

describe("the directory", () => {
  test("of something else is left alone", async () => {
    const disk = newDisk();
    disk.replaceFile(`${directory}/site.json`, Buffer.from("{}"), true);
    await assert.rejects(run(disk, at(300)), { code: "usage", message: /is no mirror: it has site.json/ });
  });

  test("of another log is left alone", async () => {
    const disk = newDisk();
    disk.replaceFile(`${directory}/checkpoint`, Buffer.from("another\n"), true);
    await assert.rejects(run(disk, at(300)), { code: "usage", message: /no checkpoint of log.example/ });
  });

  test("with a state that no mirror wrote is refused", async () => {
    const wrong = [
      "",
      "{}",
      '{"v":1,"size":-1,"entries":null,"missing":[],"partials":[]}\n',
      '{"v":1,"size":300,"entries":300,"missing":[[1,1]],"partials":[]}\n',
      '{"v":1,"size":300,"entries":300,"missing":[[1,9]],"partials":[]}\n',
      '{"v":1,"size":300,"entries":300,"missing":[],"partials":["../../etc.p/1"]}\n',
      '{"v":1,"size":300,"entries":300,"missing":[],"partials":["tile/0/000"]}\n',
      '{"v":1,"size":300,"entries":300,"missing":{},"partials":[]}\n',
    ];
    for (const text of wrong) {
      const disk = newDisk();
      await run(disk, at(300));
      disk.replaceFile(`${directory}/mirror.json`, Buffer.from(text), true);
      await assert.rejects(run(disk, at(600)), { code: "directory_damaged" }, text);
      disk.remove(`${directory}/mirror.json`);
      assert.equal((await run(disk, at(600))).outcome, "complete");
      assertServes(disk, 600);
    }
  });

  test("is whole after a power loss at any step, and the next run completes it", async () => {
    const random = seededRandom(5);
    let crashes = 0;
    for (let step = 1, done = false; !done; step += 1 + Math.floor(random() * 3)) {
      const disk = newDisk();
      await run(disk, at(300));
      disk.settle();
      const before = disk.steps;
      disk.onStep = () => {
        if (disk.steps - before === step) throw new CrashError("now");
      };
      done = await run(disk, at(600)).then(
        () => true,
        (error) => {
          if (!(error instanceof CrashError)) throw error;
          return false;
        },
      );
      disk.restart("lost", random);
      crashes += 1;
      const covers = fileOf(at(600), "checkpoint").equals(
        disk.readFile(`${directory}/checkpoint`) ?? Buffer.alloc(0),
      );
      assertServes(disk, covers ? 600 : 300);
      const report = await run(disk, at(1300));
      assert.equal(report.outcome, "complete");
      assertServes(disk, 1300);
      assert.ok(
        ![...filesOf(disk).keys()].some((path) => path.startsWith("incoming") || path.endsWith("001.p/44")),
      );
    }
    assert.ok(crashes > 30, String(crashes));
  });

  test("takes up what an interrupted run had fetched", async () => {
    const disk = newDisk();
    const files = at(1300);
    let budget = 8;
    const failing: Fetch = async (url, init) =>
      (budget -= 1) < 0 ? new Response(null, { status: 500 }) : fetchOf(() => files)(url, init);
    assert.equal((await run(disk, failing)).outcome, "incomplete");
    const waiting = [...filesOf(disk).keys()].filter((path) => path.startsWith("incoming/"));
    assert.ok(waiting.length > 0);
    const asked: string[] = [];
    assert.equal(
      (
        await run(
          disk,
          fetchOf(() => files, asked),
        )
      ).outcome,
      "complete",
    );
    for (const path of waiting) assert.ok(!asked.includes(path.replace("incoming/", "")), path);
    assertServes(disk, 1300);
  });
});
