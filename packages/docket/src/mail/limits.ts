// SPDX-License-Identifier: Apache-2.0
// What of a mail is read at all. Whoever sends mail chooses its bytes: every loop over them ends at one of
// these.

/** Longest mail that is read, in bytes; what follows is left out and said to be. */
export const mailBytesMax = 26_214_400;
/** Longest header block of a mail or a part, in bytes. What follows is taken for the body. */
export const headerBytesMax = 131_072;
/** Most fields of a header block that are read. */
export const headerFieldsMax = 1_000;
/** Longest value of a field with parameters or addresses that is taken apart, in characters. */
export const fieldLengthMax = 16_384;
/** Most parts of a mail, those of nested messages included. */
export const partsMax = 256;
/** Deepest nesting of parts and messages. */
export const depthMax = 24;
/** Most encoded words of one field that are decoded; the rest stays as it is written. */
export const encodedWordsMax = 1_000;

/** Longest boundary of a multipart, in characters; RFC 2046 allows 70. */
export const boundaryLengthMax = 200;
/**
 * Most bytes of one text, as they are written, that are decoded: its first part, as what follows is cut
 * off.
 */
export const textWrittenMax = 524_288;
/** Most bytes of nested messages in a transfer encoding that are decoded, all together. */
export const nestedBytesMax: number = mailBytesMax;

/**
 * Longest texts of a mail, in bytes of JSON: together with names and addresses they fit into an event, so
 * that what was recorded of a mail is all that was read of it, and its score can be computed again from
 * the record.
 */
export const plainJsonBytesMax = 56_000;
export const htmlJsonBytesMax = 80_000;
export const headersJsonBytesMax = 32_000;
/** Longest text made of a page, likewise. */
export const htmlTextJsonBytesMax = 48_000;
/** Most parts of which there is a line. */
export const partLinesMax = 64;
/** Longest subject, in UTF-16 code units; an event's title has as many code points. */
export const titleLengthMax = 1_024;
/** Most recipients, hosts and attachments that an event names; of more it has the number. */
export const listedMax = 64;
/** Longest of such a list, in UTF-16 code units, all its members together. */
export const listedLengthMax = 2_048;
/** Longest address (RFC 5321 section 4.5.3.1: 64 and 255 octets, and the @), in UTF-16 code units. */
export const addressLengthMax = 320;
