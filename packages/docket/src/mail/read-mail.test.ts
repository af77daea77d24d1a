// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { readMail } from "./read-mail.ts";

function mail(...lines: string[]): Uint8Array {
  return Buffer.from(lines.join("\r\n"), "latin1");
}

test("a mail of two alternatives gives subject, both texts, and a line for each part", () => {
  const read = readMail(
    mail(
      "Return-Path: <bounce@shop.example>",
      "From: =?utf-8?Q?M=C3=BCller?= <a@example.org>",
      "To: b@example.org, c@example.org",
      "Subject: =?iso-8859-1?q?Gr=FC?=",
      " =?iso-8859-1?q?=DFe?=",
      "Date: Mon, 25 Jun 2001 12:18:19 +0100",
      "MIME-Version: 1.0",
      'Content-Type: multipart/alternative; boundary="b 1"',
      "",
      "not shown",
      "--b 1",
      "Content-Type: text/plain; charset=windows-1251",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]).toString("base64"),
      "--b 1",
      "Content-Type: text/html; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "<p>gr=C3=BC=",
      "n</p>",
      "--b 1--",
    ),
  );
  assert.equal(read.title, "Grüße");
  assert.equal(read.text, "Привет\n<p>grün</p>");
  assert.equal(read.html, "<p>grün</p>");
  assert.deepEqual(read.parts, [
    "multipart/alternative; ; ; 1k",
    "text/plain; windows-1251; base64; 1k",
    "text/html; utf-8; quoted-printable; 1k",
  ]);
  assert.deepEqual(read.from, { name: "Müller", address: "a@example.org" });
  assert.equal(read.returnPath, "bounce@shop.example");
  assert.deepEqual(read.recipients, ["b@example.org", "c@example.org"]);
  assert.equal(read.date, Date.UTC(2001, 5, 25, 11, 18, 19));
});

const encoded = (bytes: readonly number[]): string => Buffer.from(bytes).toString("latin1");

const charsets: readonly (readonly [label: string, bytes: string, text: string])[] = [
  ["utf-8", encoded([0xc3, 0xa9]), "é"],
  ["UTF8", encoded([0xc3, 0xa9]), "é"],
  ["utf-8", encoded([0xe9]), "é"],
  ["us-ascii", encoded([0xc3, 0xa9]), "é"],
  ["us-ascii", encoded([0xe9]), "é"],
  ["iso-8859-1", encoded([0x93, 0xe9, 0x94]), "“é”"],
  ["windows1251", encoded([0xcf, 0xf0]), "Пр"],
  ["cp-1251", encoded([0xcf, 0xf0]), "Пр"],
  ["KOI8-R", encoded([0xf0, 0xd2]), "Пр"],
  ["gb2312", encoded([0xc4, 0xe3, 0xba, 0xc3]), "你好"],
  ["GB_2312-80", encoded([0xc4, 0xe3]), "你"],
  ["x-gbk", encoded([0xc4, 0xe3]), "你"],
  ["Big5", encoded([0xa7, 0x41, 0xa6, 0x6e]), "你好"],
  ["euc-kr", encoded([0xb1, 0xa4]), "광"],
  ["ks_c_5601-1987", encoded([0xb1, 0xa4]), "광"],
  ["shift_jis", encoded([0x82, 0xa0]), "あ"],
  ["iso-2022-jp", '\x1B$B$"\x1B(B!', "あ!"],
  ["iso-2022-kr", "\x1B$)C\x0E1$\x0F!", "광!"],
  ["hz-gb-2312", "a~{DcBC~}b~~", "a你旅b~"],
  ["utf-7", "Hi +AOk-t+AOk +- +", "Hi été + +"],
  ["unicode-1-1-utf-7", "+/////w", "\uFFFF\uFFFF"],
  ["utf-16le", "a\0b\0", "ab"],
  ["utf-16", "plain ascii after all", "plain ascii after all"],
  ["klingon", encoded([0xe9]), "é"],
  ["klingon", encoded([0xc3, 0xa9]), "é"],
  ["", encoded([0x80]), "€"],
  ["replacement", encoded([0xe9]), "é"],
];

for (const [label, bytes, text] of charsets) {
  test(`a text in ${label === "" ? "no charset" : label} is ${JSON.stringify(text)}`, () => {
    const type = label === "" ? "text/plain" : `text/plain; charset=${label}`;
    assert.equal(readMail(mail(`Content-Type: ${type}`, "", bytes)).text, text);
  });
}

const bodies: readonly (readonly [name: string, encoding: string, body: string, text: string])[] = [
  ["base64 on several lines", "base64", "aGVs\r\nbG8=\r\n", "hello"],
  ["base64 with junk in it", "base64", "aG*Vs!bG8=", "hello"],
  ["base64 padded line by line", "base64", "aGU=\nbGxv", "hello"],
  ["base64 that is cut", "Base64 (yes)", "aGVsbG", "hell"],
  ["quoted-printable with soft line ends", "quoted-printable", "hel=\r\nlo =3D=  \nx=", "hello =x"],
  ["quoted-printable that is broken", "quoted-printable", "50=% =zz =e9", "50=% =zz é"],
  ["uuencode by the header", "x-uuencode", "begin 644 x\n#0V%T\n`\nend\n", "Cat"],
  ["no encoding that is known", "8bit-ish", "hello", "hello"],
];

for (const [name, encoding, body, text] of bodies) {
  test(`a body is decoded: ${name}`, () => {
    assert.equal(readMail(mail(`Content-Transfer-Encoding: ${encoding}`, "", body)).text, text);
  });
}

const subjects: readonly (readonly [written: string, title: string])[] = [
  ["=?utf-8?B?w6k=?=", "é"],
  ["=?utf-8?B?w6k?= x", "é x"],
  ["=?UTF-8?Q?a_b=C3?= =?UTF-8?Q?=A9c?=", "a béc"],
  ["=?iso-8859-1?q?a?= =?utf-8?q?b?=", "ab"],
  ["a =?utf-8?q?b?= c =?utf-8?q?d?=", "a b c d"],
  ["=?utf-8?Q?with spaces in it?=", "with spaces in it"],
  ["=?utf-8*en?Q?l=C3=A9?=", "lé"],
  ["=?utf-8?X?abc?= =?utf-8?Q?", "=?utf-8?X?abc?= =?utf-8?Q?"],
  ["=?no-such?Q?=E9?=", "é"],
  [`raw ${encoded([0xe9])}`, "raw é"],
  ["  folded\r\n\tonce ", "folded once"],
];

for (const [written, title] of subjects) {
  test(`the subject ${JSON.stringify(written)} is ${JSON.stringify(title)}`, () => {
    assert.equal(readMail(mail(`Subject: ${written}`, "", "x")).title, title);
  });
}

test("a subject without encoding is in the charset of the text", () => {
  const subject = `Subject: ${encoded([0xcf, 0xf0])}`;
  const read = readMail(mail(subject, "Content-Type: text/plain; charset=windows-1251", "", "x"));
  assert.equal(read.title, "Пр");
  assert.match(read.headers, /^Subject: Пр\n/);
});

test("a page says its charset itself where the part does not", () => {
  const page = `<meta http-equiv=x content="text/html; charset=koi8-r">${encoded([0xf0])}`;
  assert.match(readMail(mail("Content-Type: text/html", "", page)).html ?? "", /П$/);
});

const names: readonly (readonly [parameters: string, name: string])[] = [
  ['filename="a b.pdf"', "a b.pdf"],
  ["filename=a b.pdf ; x=y", "a b.pdf"],
  ["filename*=utf-8'en'%e2%82%ac%20.pdf", "€ .pdf"],
  ["filename*1=cd.pdf; filename*0=ab", "abcd.pdf"],
  ["filename*0*=iso-8859-1''%e9; filename*1=%41.pdf", "é%41.pdf"],
  ['filename="=?utf-8?Q?=C3=A9.pdf?="', "é.pdf"],
  ['filename="a\\"b.pdf"', 'a"b.pdf'],
  ["filename=first.pdf; filename=second.exe", "first.pdf"],
];

for (const [parameters, name] of names) {
  test(`a file of ${parameters} is called ${JSON.stringify(name)}`, () => {
    const read = readMail(
      mail("Content-Type: application/pdf", `Content-Disposition: attachment; ${parameters}`, "", "x"),
    );
    assert.deepEqual(read.attachments, [{ name, type: "application/pdf", size: 1 }]);
    assert.match(read.parts[0] ?? "", /; attachment; \.pdf$/);
  });
}

const structures: readonly (readonly [name: string, lines: readonly string[], text: string | undefined])[] = [
  [
    "a nested message, encoded",
    [
      "Content-Type: message/rfc822",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from("Subject: in\n\ninner").toString("base64"),
    ],
    "inner",
  ],
  [
    "a digest",
    ["Content-Type: multipart/digest; boundary=b", "", "--b", "", "Subject: in", "", "inner", "--b--"],
    "inner",
  ],
  [
    "a boundary that isn't named",
    ["Content-Type: multipart/mixed", "", "--b", "Content-Type: text/plain", "", "x", "--b--"],
    "x",
  ],
  [
    "a boundary that is another",
    ["Content-Type: multipart/mixed; boundary=a", "", "--b", "Content-Type: text/plain", "", "x"],
    "x",
  ],
  ["a multipart without parts", ["Content-Type: multipart/mixed; boundary=a", "", "x"], "x"],
  [
    "a multipart that is never closed",
    ["Content-Type: multipart/mixed; boundary=a", "", "--a", "", "x"],
    "x",
  ],
  [
    "one boundary that begins like another",
    [
      "Content-Type: multipart/mixed; boundary=a",
      "",
      "--a",
      "Content-Type: multipart/mixed; boundary=ab",
      "",
      "--ab",
      "",
      "x",
      "--ab--",
      "--a",
      "",
      "y",
      "--a--",
      "after",
    ],
    "x\ny",
  ],
  [
    "no empty line before the text",
    ["Subject: s", "Hello all,", "this: and that"],
    "Hello all,\nthis: and that",
  ],
  [
    "a line in the header that is none",
    ["Subject: s", "what is this", "Content-Transfer-Encoding: base64", "", "eA=="],
    "x",
  ],
  ["a type that is none", ["Content-Type: html", "", "<b>x</b>"], "<b>x</b>"],
  [
    "a page sent as a file of another type",
    ["Content-Type: application/octet-stream; name=a.HTML", "", "<p>x"],
    "<p>x",
  ],
  ["a picture", ["Content-Type: image/png", "", "x"], undefined],
  [
    "a file in uuencode within the text",
    ["", "see", "begin 644 a.exe", "#0V%T", "`", "end", "bye"],
    "see\n\nbye",
  ],
];

for (const [name, lines, text] of structures) {
  test(`the text is found: ${name}`, () => assert.equal(readMail(mail(...lines)).text, text));
}

test("a file in uuencode is an attachment", () => {
  const read = readMail(mail("", "begin 644 a.exe", "#0V%T", "`", "end"));
  assert.deepEqual(
    read.attachments.map(({ name }) => name),
    ["a.exe"],
  );
  assert.match(read.parts[1] ?? "", /x-uuencode; 1k; attachment; \.exe$/);
});

test("the line of an mbox before a mail is no part of its header, and tells the sender", () => {
  const read = readMail(mail("From a@b.example Mon Jun 25 13:11:28 2001", "Subject: s", "", "x"));
  assert.equal(read.returnPath, "a@b.example");
  assert.equal(read.headers, "Subject: s\n");
});

test("the null sender is told, and so is that nobody is named", () => {
  assert.equal(readMail(mail("Return-Path: <>", "", "x")).returnPath, "");
  const read = readMail(mail("To: undisclosed-recipients:;", "", "x"));
  assert.deepEqual([read.returnPath, read.recipientCount, read.recipients], [undefined, 0, []]);
});
