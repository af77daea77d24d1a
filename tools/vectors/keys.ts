// SPDX-License-Identifier: Apache-2.0
// keys.json: verifier and signer keys as text.
import {
  base64,
  concat,
  hex,
  keyIdOf,
  keyText,
  lenientBase64,
  loosen,
  makeKey,
  seedOf,
  types,
  unhex,
  type Case,
  type Key,
  type VectorFile,
} from "./kit.ts";

/** The vectors of keys. */
export function keyVectors(): VectorFile {
  return {
    name: "keys",
    title: "Verifier and signer keys: text to name, key id, type and key",
    specifications: ["https://c2sp.org/signed-note#verifier-keys", "https://c2sp.org/tlog-cosignature"],
    cases: [...goodKeys(), ...badNames(), ...badIds(), ...badKeys(), ...badTypes(), ...badSigners()],
  };
}

const plain = makeKey("example.com/log", types.ed25519);
const lattice = makeKey("example.com/log", types.mlDsa44);

function goodKeys(): Case[] {
  const keys: [string, Key, object?][] = [
    ["ed25519", plain],
    ["ed25519-cosignature", makeKey("witness.example", types.cosignature)],
    ["ml-dsa-44", lattice],
    ["same-seed-as-note-key", makeKey("a.example", types.ed25519, seedOf("shared"))],
    ["same-seed-as-cosignature-key", makeKey("a.example", types.cosignature, seedOf("shared"))],
    ["name-of-one-character", makeKey("x", types.ed25519)],
    ["name-outside-ascii", makeKey("bücher.example/日誌", types.ed25519)],
    ["name-beyond-the-basic-plane", makeKey("\u{1f332}.example", types.ed25519)],
    ["name-with-zero-width-space", makeKey("a\u{200b}b", types.ed25519), { comment: "U+200B is no space" }],
    ["name-with-oid", makeKey("oid/1.3.6.1.4.1.11129.11.99.1", types.mlDsa44)],
    ["name-with-percent-and-tilde", makeKey("~user/%20/log?x=1#y", types.ed25519)],
    ["name-of-255-bytes", makeKey("n".repeat(255), types.mlDsa44)],
    ["key-id-with-leading-zeros", keyWhere((key) => key.keyId[0] === 0)],
    ["key-id-of-digits-alone", keyWhere((key) => /^\d{8}$/.test(hex(key.keyId)))],
    ["plus-in-the-base64", keyWhere((key) => base64(key.publicKey).includes("+"))],
  ];
  return [
    ...keys.map(([name, key, extra]) => verifierCase(name, key, extra)),
    ...keys.slice(0, 5).map(([name, key]) => ({
      name: `signer/${name}`,
      result: "accept" as const,
      kind: "signer",
      key: key.skey,
      vkey: key.vkey,
    })),
  ];
}

function badNames(): Case[] {
  const make = (name: string): string =>
    keyText(name, keyIdOf(name, types.ed25519, plain.publicKey), types.ed25519, plain.publicKey);
  const names: [string, string][] = [
    ["empty", ""],
    ["space", "a b"],
    ["leading-space", " a"],
    ["no-break-space", "a\u{a0}b"],
    ["next-line", "a\u{85}b"],
    ["en-quad", "a\u{2000}b"],
    ["line-separator", "a\u{2028}b"],
    ["ideographic-space", "a\u{3000}b"],
    ["tab", "a\tb"],
    ["newline", "a\nb"],
    ["null", "a\0b"],
    ["escape", "a\u{1b}b"],
  ];
  return [
    ...names.map(([what, name]) => {
      const choice = "no note can hold such a name; a reader of keys may leave that to the reader of notes";
      return refused(`name/${what}`, make(name), ["null", "escape"].includes(what) ? { choice } : {});
    }),
    refused("name/plus", make("a+b"), { comment: "the second part is read as the key id" }),
    refused("name/256-bytes-of-ml-dsa-44", makeTyped("n".repeat(256)), {
      comment: "cosigned_message has room for 255 bytes",
    }),
  ];
}

function badIds(): Case[] {
  const { name, keyId, publicKey } = plain;
  const last = base64(concat(Uint8Array.of(types.ed25519), publicKey));
  const id = hex(keyId);
  const ids: [string, string][] = [
    ["wrong", hex(keyIdOf("example.com/other", types.ed25519, publicKey))],
    ["of-another-type", hex(keyIdOf(name, types.cosignature, publicKey))],
    ["of-the-bare-key", hex(keyIdOf(name, 0, "").subarray(0, 4))],
    ["zero", "00000000"],
    ["upper-case", id.toUpperCase()],
    ["seven-digits", id.slice(1)],
    ["nine-digits", `0${id}`],
    ["empty", ""],
    ["not-hex", `${id.slice(0, 7)}g`],
    ["with-prefix", `0x${id.slice(2)}`],
    ["with-sign", `-${id.slice(1)}`],
  ];
  const choice = "the specification says hex; here it is in lower case";
  return ids.map(([what, text]) =>
    refused(`key-id/${what}`, `${name}+${text}+${last}`, what === "upper-case" ? { choice } : {}),
  );
}

function badKeys(): Case[] {
  const { name, keyId, publicKey, vkey } = plain;
  const prefix = `${name}+${hex(keyId)}+`;
  const resized = (length: number, type: number = types.ed25519): string => {
    const key = concat(publicKey, new Uint8Array(2_000)).subarray(0, length);
    return keyText(name, keyIdOf(name, type, key), type, key);
  };
  return [
    refused("key/empty-text", ""),
    refused("key/name-alone", name),
    refused("key/without-key", prefix),
    refused("key/without-last-plus", prefix.slice(0, -1)),
    refused("key/type-alone", `${prefix}AQ==`),
    refused("key/of-31-bytes", resized(31)),
    refused("key/of-33-bytes", resized(33)),
    refused("key/ml-dsa-44-of-32-bytes", resized(32, types.mlDsa44)),
    refused("key/ml-dsa-44-of-1311-bytes", resized(1311, types.mlDsa44)),
    refused("key/ml-dsa-44-of-1313-bytes", resized(1313, types.mlDsa44)),
    refused("key/base64-without-padding", lattice.vkey.replace(/=+$/, "")),
    refused("key/base64-with-padding-too-much", `${vkey}=`),
    refused("key/base64-with-line-break", `${vkey.slice(0, -4)}\n${vkey.slice(-4)}`, {
      choice: lenientBase64,
    }),
    refused("key/base64-with-space", `${vkey.slice(0, -4)} ${vkey.slice(-4)}`),
    refused("key/base64url", base64Url()),
    refused("key/base64-with-unused-bits", loosen(lattice.vkey), { choice: lenientBase64 }),
    refused("key/newline-at-the-end", `${vkey}\n`, { choice: lenientBase64 }),
    refused("key/space-at-the-end", `${vkey} `),
    refused("key/space-at-the-start", ` ${vkey}`),
    refused("key/byte-order-mark", `\u{feff}${vkey}`, { comment: "the mark is part of the name" }),
    refused("key/two-keys", `${vkey}\n${lattice.vkey}`),
  ];
}

function badTypes(): Case[] {
  const { name, publicKey } = plain;
  const cases = [0x00, 0x02, 0x03, 0x05, 0x07, 0x65, 0xfa, 0xff].map((type) =>
    refused(
      `type/0x${hex(Uint8Array.of(type))}`,
      keyText(name, keyIdOf(name, type, publicKey), type, publicKey),
      {
        choice: "a reader may know more types; this set has 0x01, 0x04 and 0x06",
      },
      "key-type",
    ),
  );
  const spki = concat(
    unhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
    new Uint8Array(65).fill(4),
  );
  const ecdsa = keyText(name, keyIdOf("", 0, spki), types.ecdsa, spki);
  return [...cases, refused("type/ecdsa-spki", ecdsa, { choice: "see above" }, "key-type")];
}

function badSigners(): Case[] {
  const { name, keyId, seed, skey, vkey } = plain;
  const text = (bytes: Uint8Array): string => `PRIVATE+KEY+${keyText(name, keyId, types.ed25519, bytes)}`;
  const keys: [string, string][] = [
    ["verifier-key", vkey],
    ["lower-case-prefix", skey.replace("PRIVATE+KEY", "private+key")],
    ["public-key-as-seed", text(plain.publicKey)],
    ["seed-of-31-bytes", text(seed.subarray(1))],
    ["seed-of-33-bytes", text(concat(seed, Uint8Array.of(0)))],
    ["expanded-key-of-64-bytes", text(concat(seed, plain.publicKey))],
    ["another-name", skey.replace("example.com", "example.org")],
    ["cosignature-type-under-the-same-id", `PRIVATE+KEY+${keyText(name, keyId, types.cosignature, seed)}`],
    ["prefix-twice", `PRIVATE+KEY+${skey}`],
    ["newline-at-the-end", `${skey}\n`],
    [
      "ml-dsa-44-seed-of-31-bytes",
      `PRIVATE+KEY+${keyText(name, lattice.keyId, types.mlDsa44, seed.subarray(1))}`,
    ],
  ];
  return keys.map(([what, key]) => ({
    name: `signer/${what}`,
    result: "refuse",
    reason: "key",
    kind: "signer",
    key,
    ...(what === "newline-at-the-end" && { choice: lenientBase64 }),
  }));
}

function verifierCase(name: string, key: Key, extra: object = {}): Case {
  const { name: keyName, keyId, type, publicKey, vkey } = key;
  const value = { name: keyName, keyId: hex(keyId), type, publicKey: hex(publicKey) };
  return { name, result: "accept", kind: "verifier", key: vkey, value, ...extra };
}

function refused(name: string, key: string, extra: object = {}, reason = "key"): Case {
  return { name, result: "refuse", reason, kind: "verifier", key, ...extra };
}

function keyWhere(test: (key: Key) => boolean): Key {
  for (let i = 0; ; i++) {
    const key = makeKey(`example.com/log${i}`, types.ed25519);
    if (test(key)) return key;
  }
}

function makeTyped(name: string): string {
  const { publicKey } = lattice;
  return keyText(name, keyIdOf(name, types.mlDsa44, publicKey), types.mlDsa44, publicKey);
}

/** A key whose base64 has `+` or `/`, in the alphabet of URLs. */
function base64Url(): string {
  const key = keyWhere((key) => /[+/]/.test(base64(concat(Uint8Array.of(1), key.publicKey))));
  const last = base64(concat(Uint8Array.of(1), key.publicKey))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
  return `${key.name}+${hex(key.keyId)}+${last}`;
}
