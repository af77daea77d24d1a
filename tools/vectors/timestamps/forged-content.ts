// SPDX-License-Identifier: Apache-2.0
// Cases that are wrong in what is stamped, or in what the signature covers.
import { accept, lax, refuse, type Case, type Find } from "./case.ts";
import { answer, attribute, der, id, makeToken, usual, type StampParts, type TokenParts } from "./token.ts";

/** Wrong stamps, and two that are odd. */
export function stampCases(find: Find): Case[] {
  const stamp = (parts: StampParts): Uint8Array => answer(makeToken({ signer: find("ec"), stamp: parts }));
  const extension = (critical: boolean): Uint8Array =>
    der(0x30, id("1.2.3.4.5"), ...(critical ? [der(1, Uint8Array.of(0xff))] : []), der(4, der(5)));
  const laxTime = lax("it does not look at the form of the time");
  const laxAccuracy = lax("it does not look at the accuracy");
  const sha512 = "2.16.840.1.101.3.4.2.3";
  const thousand = der(0x30, der(0x80, Uint8Array.of(3, 0xe8)));
  const negative = der(0x30, der(2, Uint8Array.of(0xff)));
  return [
    refuse("imprint", "stamp: another digest", stamp({ digest: new Uint8Array(32) })),
    refuse("imprint", "stamp: a digest that is said to be of SHA-512", stamp({ imprintOid: sha512 })),
    refuse("imprint", "stamp: a digest of 31 bytes", stamp({ digest: usual.digest.subarray(1) })),
    refuse("nonce", "stamp: another nonce", stamp({ nonce: Uint8Array.of(1) })),
    refuse("nonce", "stamp: no nonce", stamp({ nonce: null })),
    refuse("policy", "stamp: another policy than the one asked for", stamp({}), { policy: "1.2.3.4.2" }),
    refuse("version", "stamp: version 2", stamp({ version: 2 })),
    refuse("malformed", "stamp: 31 June", stamp({ time: "20260631120000Z" }), laxTime),
    refuse("malformed", "stamp: time without seconds", stamp({ time: "202606011200Z" }), laxTime),
    refuse("malformed", "stamp: time that ends in a zero", stamp({ time: "20260601120000.50Z" }), laxTime),
    refuse("malformed", "stamp: time with an offset", stamp({ time: "20260601120000+0000" }), laxTime),
    refuse(
      "malformed",
      "stamp: ordering FALSE written out",
      stamp({ ordering: der(1, Uint8Array.of(0)) }),
      lax("it reads BER"),
    ),
    refuse("malformed", "stamp: 1,000 ms of accuracy", stamp({ accuracy: thousand }), laxAccuracy),
    refuse("malformed", "stamp: negative accuracy", stamp({ accuracy: negative }), laxAccuracy),
    accept("stamp: an extension that is not critical", stamp({ extensions: extension(false) })),
    refuse(
      "critical",
      "stamp: a critical extension that is not known",
      stamp({ extensions: extension(true) }),
      lax("it does not look at the stamp's extensions"),
    ),
  ];
}

const contentType = "1.2.840.113549.1.9.3";
const messageDigest = "1.2.840.113549.1.9.4";
const signingTime = "1.2.840.113549.1.9.5";

/** Wrong signed attributes, and one that is odd. */
export function attributeCases(find: Find): Case[] {
  const ec = find("ec");
  const made = (parts: Partial<TokenParts>): Uint8Array => answer(makeToken({ signer: ec, ...parts }));
  const without = (type: string) => (list: Uint8Array[]) =>
    list.filter((each) => !Buffer.from(each).includes(Buffer.from(id(type))));
  const first = { binding: "v1", bound: [find("ec-twin")] } as const;
  const stranger = [ec, find("other-root")];
  const type = "attributes: no content type";
  return [
    refuse("binding", "attributes: no signing certificate", made({ binding: "none" })),
    refuse("binding", "attributes: another certificate of the same key (ESSCertID)", made(first)),
    refuse(
      "binding",
      "attributes: another certificate of the same key (ESSCertIDv2)",
      made({ bound: [find("ec-twin")] }),
    ),
    refuse("binding", "attributes: another authority's certificate", made({ bound: [find("other")] })),
    refuse(
      "binding",
      "attributes: the signer's certificate, and one that is not on the path",
      made({ bound: stranger, certificates: stranger }),
    ),
    refuse("attributes", type, made({ attributes: without(contentType) }), lax("it does not look for it")),
    refuse("attributes", "attributes: no message digest", made({ attributes: without(messageDigest) })),
    refuse(
      "attributes",
      "attributes: another content type",
      made({ attributeType: "1.2.840.113549.1.7.1" }),
      lax("it does not compare the content type"),
    ),
    refuse(
      "attributes",
      "attributes: one is there twice",
      made({ attributes: (list) => list.flatMap((each, i) => (i === 0 ? [each, each] : [each])) }),
      lax("it takes the first"),
    ),
    refuse(
      "malformed",
      "attributes: not in order",
      made({ attributes: (list) => list.toReversed() }),
      lax("it does not look at their order"),
    ),
    accept(
      "attributes: an unknown one is there, too",
      made({ attributes: (list) => [attribute("1.2.3.4", der(5)), ...list] }),
    ),
  ];
}

/** Changed after they were signed. */
export function tamperedCases(find: Find): Case[] {
  const made = (parts: Partial<TokenParts>): Uint8Array =>
    answer(makeToken({ signer: find("ec"), ...parts }));
  const flipLast = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
  const time = attribute(signingTime, der(0x17, new TextEncoder().encode("260601120000Z")));
  const attributes = (list: Uint8Array[]): Uint8Array[] => list.toSpliced(1, 0, time);
  const earlier = (bytes: Uint8Array): Uint8Array => replaceText(bytes, "2606011200", "2506011200");
  return [
    refuse("attributes", "tampered: the stamp", made({ content: earlier })),
    refuse("binding", "tampered: the signing certificate", made({ sentAttributes: flipLast })),
    refuse("signature", "tampered: the signing time", made({ attributes, sentAttributes: earlier })),
    refuse("signature", "tampered: the signature", made({ signature: flipLast })),
    refuse("signature", "tampered: the signature is empty", made({ signature: () => new Uint8Array() })),
  ];
}

function replaceText(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return Uint8Array.from(Buffer.from(Buffer.from(bytes).toString("latin1").replace(from, to), "latin1"));
}
