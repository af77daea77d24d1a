// SPDX-License-Identifier: Apache-2.0
// The preset dictionary of codec 1 (RFC 1950 section 2.3 speaks of such dictionaries): what parts usually
// say. It is part of the format and never changes; a better one is another codec. What is most frequent
// stands last.
const frozen = [
  '{"v":1,"reason":"}',
  '{"v":1,"reasons":[{"rule":"","text":{"en":" account posted this text today. Please write in your o',
  'wn words.","de":"',
  ' Konto Konten heute diesen Text gepostet. Bitte schreib mit eigenen Worten."}}],"facts":{"signals.',
  'domains":["',
  '"],"counters.text_actors":,"counters.text_repeats":,"signals.linkCount":}}',
  '{"rule":"standing.suspended","text":{"en":"This account is suspended until .","de":"Dieses Konto i',
  'st bis gesperrt."}}',
  '{"v":1,"values":{"signals.domains":["bit.ly","youtube.com"],"signals.links":["http://www.youtube.c',
  'om/watch?v=","https://',
  '"actor.age":,"actor.attributes.":,"content.group":"","content.language":"en","content.revision":,',
  '"event.op":"create","event.type":"comment","message","signup","login","email","standing.restricted',
  '":false,',
  '{"v":1,"event":{"id":"","type":"comment","op":"create","time":"2026-01-01T00:00:00.000Z","inReplyT',
  'o":,"actor":{"id":"',
  '","name":"","ip":"","email":"@gmail.com","createdAt":"2026-01-01T00:00:00.000Z","attributes":{"":t',
  'rue}},"content":{"id":"',
  '","revision":0,"text":" the and you this that for with is of to in a I my on video","title":"","ur',
  'l":"https://","language":"en","group":"","parent":""}}}',
  '"fired":[{"policy":"comments","rule":"","mode":"shadow","outcome":"hold","clauses":"tt"},{"policy"',
  ':"","rule":"","mode":"enforce","outcome":"reject","clauses":"t"}],',
  '"refusedBy":"r_","strikes":[{"policy":"comments","rule":"","count":1}],"retryAfterMs":60000,"holdU',
  'ntil":"2026-01-01T00:00:00.000Z","otherwise":"reject"}',
  '{"v":1,"event":{"id":"","body":"","type":"comment","op":"create","time":"2026-01-01T00:00:00.000Z"',
  ',"inReplyTo":null},',
  '"decidedAt":"2026-01-01T00:00:00.000Z","clock":"event","source":"file","clock":"received","source"',
  ':"http","values":{',
  '"signals.capitals":0,"signals.fingerprint":"","signals.length":0,"signals.letters":0,"signals.link',
  'Count":0,"signals.repeated":0,"signals.words":0,"standing.strikes":0},',
  '"counters":{"":0,"":0,"":1},"keys":{"":[],"":[["@"]],"":[["","@"]],"":[["@|"]]},"standing":{"strik',
  'es":0,"restrictions":[]},',
  '"clauses":"ffffffffffffffffffff","fired":[],"missing":["comments/"],"points":0,"refusedBy":null,"s',
  'trikes":[],"retryAfterMs":null,"holdUntil":null,"otherwise":null}',
].join("");

/** The dictionary's bytes. */
export const partDictionary: Uint8Array = new TextEncoder().encode(frozen);
