// SPDX-License-Identifier: Apache-2.0
// Invitations to go on elsewhere: links of messengers, and names or numbers that are said to be there.
import { handleAt } from "./addresses.ts";
import { forEachMention, hasMessengerScheme } from "./mentions.ts";
import type { Phone } from "./phones.ts";

/** The messengers that are known, and networks that are used as such. */
export const messengers = [
  "discord",
  "facebook",
  "instagram",
  "kakao",
  "kik",
  "line",
  "matrix",
  "signal",
  "skype",
  "snapchat",
  "telegram",
  "threema",
  "viber",
  "vk",
  "wechat",
  "whatsapp",
  "zalo",
] as const;

/** One of {@link messengers}. */
export type Messenger = (typeof messengers)[number];

/** An invitation; `target` is a name or number in lower case, or a code, and empty where none is told. */
export type Invite = { messenger: Messenger; target: string };

/** Most invitations that are kept of one text. */
export const invitesMax = 64;

/**
 * The invitation that a link is, or `undefined`.
 *
 * @param host in lower-case ASCII
 * @param follows what follows the host
 */
export function inviteOfLink(host: string, follows: string): Invite | undefined {
  const name = host.startsWith("www.") ? host.slice(4) : host;
  const path = hostPaths.get(name) ?? (name.endsWith(".t.me") ? telegramName : undefined);
  if (path === undefined) return undefined;
  if (path === telegramName) return { messenger: "telegram", target: name.slice(0, -".t.me".length) };
  const [, target] = path.path.exec(follows) ?? [];
  if (target === undefined) return undefined;
  const number = /^\+?[0-9]{7,15}$/.test(target) ? `+${target.replace("+", "")}` : undefined;
  const code = path.code === true ? target : target.toLowerCase();
  return { messenger: path.messenger, target: number ?? code };
}

/**
 * Finds invitations in a text: a messenger's name with a handle, a number or a name right after it ("telegram
 * @name", "whatsapp +44 …", "snap: name"), and links with a messenger's own scheme (`tg://…`).
 *
 * @param text without links
 * @param phones what `findPhones` found in it
 */
export function findInvites(text: string, phones: readonly Phone[]): Invite[] {
  const invites: Invite[] = [];
  let count = 0;
  forEachMention(text, (at) => {
    if (count >= servicesMax || invites.length >= invitesMax) return text.length;
    service.lastIndex = at;
    const match = service.exec(text);
    if (match === null) return at;
    count += 1;
    const [all, ...groups] = match;
    const messenger = services[groups.findIndex((group) => group !== undefined)]?.messenger;
    if (messenger === undefined) return at;
    const target = targetAfter(text, at + all.length, messenger, phones);
    if (target !== undefined) invites.push({ messenger, target });
    return at + all.length;
  });
  for (const { 1: scheme = "", 2: target = "" } of hasMessengerScheme(text) ? text.matchAll(schemes) : []) {
    const messenger = schemeMessengers.get(scheme.toLowerCase());
    if (messenger !== undefined && invites.length < invitesMax) {
      // "skype:name?call" says what to do with the name.
      invites.push({ messenger, target: target.toLowerCase().replace(/\?(?:call|chat|add)$/, "") });
    }
  }
  return invites.length > 0 && anyService.test(text) ? invites : [];
}

// Links -----------------------------------------------------------------------------------------------------

/** What a path must be, with the target as its first group. */
type InvitePath = { messenger: Messenger; path: RegExp; code?: true };

const telegramName: InvitePath = { messenger: "telegram", path: /^/ };
const telegram: InvitePath = {
  messenger: "telegram",
  path: /^\/(?:s\/)?((?:joinchat\/|addlist\/|\+)?[0-9A-Za-z_-]{3,64})\/?(?:$|[/?#])/,
  code: true,
};
const discord: InvitePath = { messenger: "discord", path: /^\/([0-9A-Za-z-]{2,32})/, code: true };
const discordInvite: InvitePath = {
  messenger: "discord",
  path: /^\/invite\/([0-9A-Za-z-]{2,32})/,
  code: true,
};
const line: InvitePath = {
  messenger: "line",
  path: /^\/(?:R\/)?(?:ti\/(?:p|g2?)\/)?([~@%0-9A-Za-z_.-]{2,64})/,
  code: true,
};
const instagram: InvitePath = {
  messenger: "instagram",
  path: /^\/(?!(?:p|reel|reels|tv|explore|stories|accounts)\/)(?:_u\/)?([0-9A-Za-z_.]{2,30})\/?(?:$|[?#])/,
};

const hostPaths: ReadonlyMap<string, InvitePath> = new Map([
  ["t.me", telegram],
  ["telegram.me", telegram],
  ["telegram.dog", telegram],
  ["wa.me", { messenger: "whatsapp", path: /^\/((?:message\/|qr\/)?\+?[0-9A-Za-z]{4,32})/ }],
  ["api.whatsapp.com", { messenger: "whatsapp", path: /^\/send.*?[?&]phone=(?:%2[bB]|\+)?([0-9]{5,15})/ }],
  ["web.whatsapp.com", { messenger: "whatsapp", path: /^\/send.*?[?&]phone=(?:%2[bB]|\+)?([0-9]{5,15})/ }],
  ["chat.whatsapp.com", { messenger: "whatsapp", path: /^\/(?:invite\/)?([0-9A-Za-z]{8,32})/, code: true }],
  ["whatsapp.com", { messenger: "whatsapp", path: /^\/channel\/([0-9A-Za-z]{8,32})/, code: true }],
  ["discord.gg", discord],
  ["dsc.gg", discord],
  ["discord.com", discordInvite],
  ["discordapp.com", discordInvite],
  ["line.me", line],
  ["lin.ee", line],
  ["invite.viber.com", { messenger: "viber", path: /^\/\?g2?=([0-9A-Za-z_%-]{4,64})/, code: true }],
  ["viber.me", { messenger: "viber", path: /^\/([0-9A-Za-z_]{3,64})/ }],
  ["vb.me", { messenger: "viber", path: /^\/([0-9A-Za-z_]{3,64})/, code: true }],
  ["signal.group", { messenger: "signal", path: /^\/#([0-9A-Za-z_=-]{8,128})/, code: true }],
  ["signal.me", { messenger: "signal", path: /^\/#(?:p|eu)\/([+0-9A-Za-z_=-]{5,128})/, code: true }],
  ["join.skype.com", { messenger: "skype", path: /^\/(?:invite\/)?([0-9A-Za-z]{4,32})/, code: true }],
  ["u.wechat.com", { messenger: "wechat", path: /^\/([0-9A-Za-z_-]{4,64})/, code: true }],
  ["weixin.qq.com", { messenger: "wechat", path: /^\/[rg]\/([0-9A-Za-z_-]{4,64})/, code: true }],
  ["instagram.com", instagram],
  ["instagr.am", instagram],
  ["ig.me", { messenger: "instagram", path: /^\/m\/([0-9A-Za-z_.]{2,30})/ }],
  ["snapchat.com", { messenger: "snapchat", path: /^\/(?:add|t)\/([0-9A-Za-z_.-]{3,30})/ }],
  ["kik.me", { messenger: "kik", path: /^\/(?:u\/|g\/)?([0-9A-Za-z_.-]{2,64})/ }],
  ["m.me", { messenger: "facebook", path: /^\/([0-9A-Za-z_.-]{2,64})/ }],
  ["zalo.me", { messenger: "zalo", path: /^\/(?:g\/)?([0-9A-Za-z_]{4,32})/ }],
  ["open.kakao.com", { messenger: "kakao", path: /^\/(?:o|me)\/([0-9A-Za-z_]{4,32})/, code: true }],
  ["pf.kakao.com", { messenger: "kakao", path: /^\/([0-9A-Za-z_]{4,32})/, code: true }],
  ["matrix.to", { messenger: "matrix", path: /^\/#\/([@#!%][^\s?]{2,128})/, code: true }],
  ["threema.id", { messenger: "threema", path: /^\/([0-9A-Za-z]{8})/ }],
  ["vk.me", { messenger: "vk", path: /^\/([0-9A-Za-z_./-]{2,64})/ }],
] satisfies [string, InvitePath][]);

// Names in a text -------------------------------------------------------------------------------------------

/** Most mentions of messengers that are looked at. */
const servicesMax = 1_000;

/** How a messenger is named; `names` if a bare name after "NAME:" or "NAME is" is taken for one there. */
type Service = { messenger: Messenger; words: string; names?: true };

const services: readonly Service[] = [
  {
    messenger: "telegram",
    words: String.raw`tele?gr?ams?|telegra|tlgrm?|tg|t\.g|телеграмм?[а-я]?|телегу?|телеге|тг`,
  },
  {
    messenger: "whatsapp",
    words: "whats? ?app?|watt?s ?app?|wsp|wassap|whatsup|wa|ватс?ап|вацап|вотсап|whatapp",
  },
  { messenger: "instagram", words: "instagram|insta|ig|инстаграм|инста", names: true },
  { messenger: "snapchat", words: "snap ?chat|snap|sc", names: true },
  { messenger: "kik", words: "kik", names: true },
  { messenger: "wechat", words: "we ?chat|weixin|[加+]?(?:微信|薇信|威信|vx|v信)", names: true },
  { messenger: "skype", words: "skype|скайп", names: true },
  { messenger: "line", words: "line ?id|id ?line|加line|賴", names: true },
  { messenger: "viber", words: "viber|вайбер" },
  { messenger: "discord", words: "discord|дискорд", names: true },
  { messenger: "signal", words: "signal" },
  { messenger: "zalo", words: "zalo" },
  { messenger: "kakao", words: "kakao ?talk(?: id)?|kakao|카톡", names: true },
];

const service = new RegExp(
  String.raw`(?<![\p{L}\p{N}_./@-])(?:${services.map(({ words }) => `(${words})`).join("|")})` +
    String.raw`(?![\p{Script=Latin}\p{N}_]|'s)`,
  "yiu",
);
const anyService = new RegExp(
  String.raw`tele|tlg|\btg\b|t\.g|wh?at|wass|wsp|wa\b|вац|ват|вот|insta|\big\b|snap|\bsc\b|kik|chat` +
    String.raw`|weixin|微信|薇信|威信|vx|v信|skyp|line|viber|discord|signal|zalo|kakao|тел|тг|инст|скайп|вайбер` +
    String.raw`|диск|카톡|賴|:\/\/`,
  "i",
);

/** What may stand between a messenger's name and the one there. */
const joint = new RegExp(
  String.raw`^(?:[ \u00a0]*(?:[^\P{P}.!?]|\p{S}|\p{Extended_Pictographic}` +
    String.raw`|\ufe0f)){0,6}[ \u00a0]*(?:(?:me|us|at|on|is|my|the|id|user|username|name|nick|no|nr|num` +
    String.raw`|number|group|channel|account|handle|add|dm|contact|here|now|via|with|und|unter|канал|чат` +
    String.raw`|группа|по|на|мне|号|號|號碼)[ \u00a0]*(?:[:\-–—=>👉➡⬇.]\ufe0f?){0,3}[ \u00a0]*){0,4}$`,
  "iu",
);
const saidName = new RegExp(
  String.raw`^(?: ?id)?(?: ?(?:[:=：]|➡️?|👉)+ ?| [-–—] ` +
    String.raw`| is (?=[A-Za-z_.-]{0,20}[0-9_]))@?([A-Za-z][0-9A-Za-z_.-]{3,30})(?![0-9A-Za-z_]|[./:?]\S)`,
  "iu",
);

function targetAfter(
  text: string,
  at: number,
  messenger: Messenger,
  phones: readonly Phone[],
): string | undefined {
  const after = text.slice(at, at + targetWithin);
  const sign = after.indexOf("@");
  if (sign >= 0 && joint.test(after.slice(0, sign).replaceAll("\n", " "))) {
    const handle = handleAt(text, at + sign);
    if (handle !== undefined) return handle;
  }
  const phone = phones.find((each) => each.at >= at && each.at <= at + targetWithin);
  if (phone !== undefined && joint.test(text.slice(at, phone.at).replaceAll("\n", " "))) return phone.number;
  const names = services.find((each) => each.messenger === messenger)?.names === true;
  const [, name] = (names ? saidName.exec(after) : null) ?? [];
  return name === undefined || commonWords.test(name) ? undefined : name.toLowerCase().replace(/\.$/, "");
}

/** How far after a messenger's name one there is looked for, in UTF-16 code units. */
const targetWithin = 48;

/** What "NAME: …" and "NAME is …" go on with when no name follows. */
const commonWords = new RegExp(
  String.raw`^(?:that|this|there|they|then|just|like|what|when|here|your|you|very|really|back|gone|down` +
    String.raw`|dead|good|best|better|great|awesome|amazing|also|only|always|never|about|from|with|have` +
    String.raw`|https?|link|below|follow|check|says?|crap|shit|stupid|broken|easy|over|long|open|free|full` +
    String.raw`|more|most|some|such|kind|going|being|still|even|much|mine|ours|spam|fake|real|true|used` +
    String.raw`|called|dropped|because|if|it|so|the|a)$`,
  "i",
);

const schemes = new RegExp(
  String.raw`(?<![0-9A-Za-z])(tg|whatsapp|viber|skype|line|discord|snapchat|kik|weixin` +
    String.raw`|sgnl):(?:\/\/)?([0-9A-Za-z_.@+/?=&%~-]{3,128})`,
  "gi",
);
const schemeMessengers: ReadonlyMap<string, Messenger> = new Map([
  ["tg", "telegram"],
  ["whatsapp", "whatsapp"],
  ["viber", "viber"],
  ["skype", "skype"],
  ["line", "line"],
  ["discord", "discord"],
  ["snapchat", "snapchat"],
  ["kik", "kik"],
  ["weixin", "wechat"],
  ["sgnl", "signal"],
] satisfies [string, Messenger][]);
