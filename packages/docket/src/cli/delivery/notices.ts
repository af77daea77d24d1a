// SPDX-License-Identifier: Apache-2.0
// `docket notices`: what affected users are told.
import { DocketError } from "../../error.ts";
import type { QuietWish } from "../../delivery/notice-feed.ts";
import { noticePage, noticeText } from "../../delivery/notice-text.ts";
import { parsePosition } from "../../delivery/notice.ts";
import type { Notice, NoticeLanguage, NoticePage } from "../../delivery/notice.ts";
import { exitFine } from "../failure.ts";
import { openDirectory, operator } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket notices` is told. */
export type NoticesOptions = {
  index?: number | undefined;
  after: string;
  format: "json" | "text" | "html";
  language?: NoticeLanguage | undefined;
  quietUntil?: string | undefined;
  ground?: string | undefined;
  why?: string | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
};

const pageNotices = 100;

/**
 * Runs `docket notices`.
 *
 * @throws {DocketError} `usage` for a cursor that is none, or a quiet without its ground; what the site says
 */
export async function runNotices(options: NoticesOptions, terminal: Terminal): Promise<number> {
  const desk = await openDesk(options, terminal);
  try {
    if (options.quietUntil !== undefined) return await keepQuiet(desk, options, options.quietUntil, terminal);
    if (options.index !== undefined) {
      await write(terminal, said(await desk.at(options.index), options));
      return exitFine;
    }
    for (let after = options.after, more = true; more;) {
      const page = await desk.page(after);
      await write(terminal, said(page.notices, options));
      ({ next: after, more } = page);
    }
    return exitFine;
  } finally {
    await desk.close();
  }
}

type Desk = {
  page(after: string): Promise<NoticePage>;
  at(index: number): Promise<Notice[]>;
  quiet(wish: QuietWish): Promise<{ index: number }>;
  close(): Promise<void>;
};

async function openDesk({ data, url, apiKey, why }: NoticesOptions, terminal: Terminal): Promise<Desk> {
  if (url !== undefined) {
    const server = { url, apiKey };
    return {
      page: (after) =>
        askServer(server, `v1/notices?after=${encodeURIComponent(after)}&limit=${pageNotices}`),
      at: async (index) => {
        const asked = { ...server, reason: why };
        return (await askServer<{ notices: Notice[] }>(asked, `v1/notices/${index}`)).notices;
      },
      quiet: ({ record, ...wish }) => askServer(server, `v1/notices/${record}/quiet`, wish),
      close: () => Promise.resolve(),
    };
  }
  const opened = await openDirectory(data, terminal);
  const { notices } = opened.delivery;
  return {
    page: async (after) => {
      const position = parsePosition(after);
      if (position === undefined) throw new DocketError("usage", "--after is a cursor, such as 17 or 17.2");
      const page = await notices.page(position, pageNotices);
      await opened.readings.note(operator, { what: "notices", count: page.notices.length });
      return page;
    },
    at: async (index) => {
      const found = await notices.at(index);
      await opened.readings.note(operator, { what: "notice", of: index, reason: why });
      return found;
    },
    quiet: (wish) => notices.quiet({ by: "operator", role: "operator" }, wish),
    close: () => opened.close(),
  };
}

async function keepQuiet(
  desk: Desk,
  { index, ground, why, format }: NoticesOptions,
  until: string,
  terminal: Terminal,
): Promise<number> {
  if (index === undefined || ground === undefined || why === undefined) {
    throw new DocketError("usage", "name a record, its --ground and --why it is to be kept quiet");
  }
  const sealed = await desk.quiet({ record: index, until, ground, why });
  const text = `Record ${index} is kept quiet until ${until}, as record ${sealed.index}.\n`;
  await write(terminal, format === "json" ? `${JSON.stringify(sealed)}\n` : text);
  return exitFine;
}

function said(notices: readonly Notice[], { format, language }: NoticesOptions): string {
  if (format === "json") return notices.map((notice) => `${JSON.stringify(notice)}\n`).join("");
  if (format === "html") return notices.map((notice) => noticePage(notice, language)).join("\n");
  return notices
    .map(
      (notice) =>
        `--- ${notice.id}, for ${notice.account ?? notice.actor}\n${noticeText(notice, language)}\n`,
    )
    .join("");
}
