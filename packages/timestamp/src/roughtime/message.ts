// SPDX-License-Identifier: Apache-2.0
// Packets and messages of Roughtime (draft-ietf-ntp-roughtime-19 sections 4 and 5): a map of tags to values,
// little-endian, in one strict form.
import { sameBytes } from "../der.ts";
import { concatenate } from "../der-write.ts";
import { TimestampError } from "../error.ts";

/** A message: the values by their tags, known and others. They are views of what was read. */
export type RoughtimeMessage = ReadonlyMap<string, Uint8Array>;

/** The tags that the protocol has (section 12.3), without their padding. */
export type RoughtimeTag =
  | "SIG"
  | "VER"
  | "SRV"
  | "NONC"
  | "DELE"
  | "TYPE"
  | "PATH"
  | "RADI"
  | "PUBK"
  | "MIDP"
  | "SREP"
  | "VERS"
  | "MINT"
  | "ROOT"
  | "CERT"
  | "MAXT"
  | "INDX"
  | "ZZZZ";

/** What a packet begins with: `ROUGHTIM`. */
const magic = Uint8Array.from("ROUGHTIM", (letter) => letter.charCodeAt(0));
/** Magic and length. Bytes. */
const packetHeadBytes = 12;
/** What fits into a datagram. Bytes. */
const packetBytesMax = 65_507;
/** The most tags in one message. A reply has seven, and servers may add some that mean nothing. */
const tagsMax = 64;

/**
 * The message of a packet.
 *
 * @throws TimestampError `malformed`
 */
export function readPacket(packet: Uint8Array): RoughtimeMessage {
  if (packet.length > packetBytesMax) malformed("the packet is larger than a datagram");
  if (packet.length < packetHeadBytes || !sameBytes(packet.subarray(0, 8), magic)) {
    malformed("the packet does not begin with ROUGHTIM and a length");
  }
  if (readUint32(packet, 8) !== packet.length - packetHeadBytes) {
    malformed("the packet is not as long as it says");
  }
  return readMessage(packet.subarray(packetHeadBytes));
}

/** A packet around a message. */
export function encodePacket(message: Uint8Array): Uint8Array {
  return concatenate(magic, uint32(message.length), message);
}

/**
 * Takes a message apart: tags ascending and each once, offsets ascending multiples of four, nothing left
 * over.
 *
 * @throws TimestampError `malformed`
 */
export function readMessage(bytes: Uint8Array): RoughtimeMessage {
  if (bytes.length < 4 || bytes.length % 4 !== 0) malformed("a message is no multiple of four bytes");
  const count = readUint32(bytes, 0);
  if (count === 0 || count > tagsMax) malformed(`a message has ${count} tags`);
  const start = 8 * count;
  if (start > bytes.length) malformed("a message breaks off in its head");
  const values = new Map<string, Uint8Array>();
  let [lastTag, from] = [0, 0];
  for (let i = 0; i < count; i++) {
    const at = 4 * (count + i);
    const tag = readUint32(bytes, at);
    if (tag <= lastTag) malformed("the tags of a message are not in ascending order");
    const to = i === count - 1 ? bytes.length - start : readUint32(bytes, 4 * (i + 1));
    if (to < from || to % 4 !== 0 || to > bytes.length - start) malformed("an offset is out of place");
    values.set(readTag(bytes.subarray(at, at + 4)), bytes.subarray(start + from, start + to));
    [lastTag, from] = [tag, to];
  }
  return values;
}

/** A message of these values. */
export function encodeMessage(values: readonly (readonly [RoughtimeTag, Uint8Array])[]): Uint8Array {
  const sorted = values
    .map(([tag, value]) => ({ tag: tagBytes(tag), value }))
    .sort((a, b) => readUint32(a.tag, 0) - readUint32(b.tag, 0));
  const offsets: Uint8Array[] = [];
  let offset = 0;
  for (const { value } of sorted.slice(0, -1)) {
    offset += value.length;
    offsets.push(uint32(offset));
  }
  return concatenate(
    uint32(sorted.length),
    ...offsets,
    ...sorted.map(({ tag }) => tag),
    ...sorted.map(({ value }) => value),
  );
}

/**
 * The value of a tag.
 *
 * @param length how many bytes it must have; left out where that differs
 * @throws TimestampError `malformed` where it is missing or of another length
 */
export function valueOf(message: RoughtimeMessage, tag: RoughtimeTag, length?: number): Uint8Array {
  const value = message.get(tag);
  if (value === undefined) malformed(`${tag} is missing`);
  if (length !== undefined && value.length !== length) {
    malformed(`${tag} has ${value.length} bytes, not ${length}`);
  }
  return value;
}

/** The most versions in one list (sections 5.1.1 and 5.2.5). */
const versionsMax = 32;

/**
 * A list of versions: at least one, ascending, none twice.
 *
 * @throws TimestampError `malformed`
 */
export function readVersions(value: Uint8Array): number[] {
  if (value.length === 0 || value.length % 4 !== 0 || value.length > 4 * versionsMax) {
    malformed("a list of versions is empty, too long, or breaks off");
  }
  const versions = Array.from({ length: value.length / 4 }, (_, i) => readUint32(value, 4 * i));
  if (versions.some((version, i) => i > 0 && version <= (versions[i - 1] as number))) {
    malformed("a list of versions is not in ascending order");
  }
  return versions;
}

/** A number of four bytes. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getUint32(at, true);
}

/** A number of eight bytes. */
export function readUint64(bytes: Uint8Array): bigint {
  return viewOf(bytes).getBigUint64(0, true);
}

/** A number in four bytes. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

/** Refuses malformed packets. */
export function malformed(message: string): never {
  throw new TimestampError("malformed", message);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Section 4.1.3: one to four capital letters, then zeros. */
function readTag(bytes: Uint8Array): string {
  const tag = String.fromCharCode(...bytes);
  if (!/^[A-Z]{1,4}\0*$/.test(tag)) malformed("a tag is not of capital letters");
  return tag.replaceAll("\0", "");
}

function tagBytes(tag: RoughtimeTag): Uint8Array {
  return Uint8Array.from({ length: 4 }, (_, i) => (i < tag.length ? tag.charCodeAt(i) : 0));
}
