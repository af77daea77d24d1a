// SPDX-License-Identifier: Apache-2.0
// Disputes as the commands see them: of a data directory while no server runs, or of a server. With a token
// a server wants no API key.
import type { DisputeFilter, OnBehalf, SiteDisputes } from "../../disputes/contract.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import type { PolicyServer } from "../policy/server.ts";
import type { Terminal } from "../terminal.ts";

/** Where disputes are. */
export type DisputeWhere = { data: string; url?: string | undefined; apiKey?: string | undefined };

/** What commands do with disputes; {@link SiteDisputes}, but for what waits on no disk there. */
export type CommandDisputes = Omit<
  SiteDisputes,
  "list" | "figures" | "tokenFor" | "checkToken" | "listForAccount"
> & { list(filter: DisputeFilter, after: number, limit: number): Promise<ReturnType<SiteDisputes["list"]>> };

/** Whoever uses the command line. */
export const operator = { by: "operator", role: "operator" } as const;

/**
 * Opens disputes, has something done with them, and closes them.
 *
 * @throws {DocketError} `directory_locked` while a server runs, which is to be asked then; what it answers
 */
export async function withDisputes<T>(
  where: DisputeWhere,
  terminal: Terminal,
  act: (disputes: CommandDisputes) => Promise<T>,
): Promise<T> {
  const { data, url, apiKey } = where;
  if (url !== undefined) return act(serverDisputes({ url, apiKey }));
  const opened = await openDirectory(data, terminal, { takesEdits: false });
  try {
    const { disputes } = opened;
    const list: CommandDisputes["list"] = async (...query) => {
      await opened.readings.note(operator, { what: "disputes" });
      return disputes.list(...query);
    };
    // Bound one by one: the desk is a class.
    const bound: CommandDisputes = {
      openByToken: (...given) => disputes.openByToken(...given),
      openForAccount: (...given) => disputes.openForAccount(...given),
      viewByToken: (...given) => disputes.viewByToken(...given),
      viewForAccount: (...given) => disputes.viewForAccount(...given),
      messageByToken: (...given) => disputes.messageByToken(...given),
      messageForAccount: (...given) => disputes.messageForAccount(...given),
      messageFromSite: (...given) => disputes.messageFromSite(...given),
      withdrawByToken: (...given) => disputes.withdrawByToken(...given),
      withdrawForAccount: (...given) => disputes.withdrawForAccount(...given),
      look: async (...given) => {
        const found = await disputes.look(...given);
        await opened.readings.note(operator, { what: "dispute", of: given[0] });
        return found;
      },
      previewRuling: (...given) => disputes.previewRuling(...given),
      rule: (...given) => disputes.rule(...given),
      answerAbuse: (...given) => disputes.answerAbuse(...given),
      revokeTokens: (...given) => disputes.revokeTokens(...given),
      statistics: (...given) => disputes.statistics(...given),
      list,
    };
    return await act(bound);
  } finally {
    await opened.close();
  }
}

// A server knows by the key who asks, so authors that are named here stay behind.
function serverDisputes(server: PolicyServer): CommandDisputes {
  const as = (token: string): PolicyServer => ({ url: server.url, apiKey: token });
  const behalf = ({ accountId }: OnBehalf, rest = ""): string => {
    return `v1/actors/${encodeURIComponent(accountId)}/disputes${rest}`;
  };
  return {
    openByToken: (token, text) => askServer(as(token), "v1/disputes", text),
    openForAccount: (who, index, text) => askServer(server, behalf(who), { index, ...text }),
    viewByToken: (token, language) => askServer(as(token), `v1/disputes/by-token?lang=${language}`),
    viewForAccount: (accountId, index, language) => {
      return askServer(
        server,
        `v1/actors/${encodeURIComponent(accountId)}/disputes/${index}?lang=${language}`,
      );
    },
    messageByToken: (token, text) => askServer(as(token), "v1/disputes/by-token/messages", text),
    messageForAccount: (who, index, text) => askServer(server, behalf(who, `/${index}/messages`), text),
    messageFromSite: (_, index, text) => askServer(server, `v1/disputes/${index}/messages`, text),
    withdrawByToken: (token) => askServer(as(token), "v1/disputes/by-token/withdraw", {}),
    withdrawForAccount: (who, index) => askServer(server, behalf(who, `/${index}/withdraw`), {}),
    list: (filter, after, limit) => {
      return askServer(server, `v1/disputes?state=${filter}&after=${after}&limit=${limit}`);
    },
    look: (index, reader, language) => {
      return askServer(server, `v1/disputes/${index}?lang=${language}&content=${reader !== undefined}`);
    },
    previewRuling: (_, index, wish) => askServer(server, `v1/disputes/${index}/preview`, wish),
    rule: (_, index, wish) => askServer(server, `v1/disputes/${index}/ruling`, wish),
    answerAbuse: (_, index, wish) => askServer(server, `v1/disputes/${index}/abuse`, wish),
    revokeTokens: (_, index) => askServer(server, `v1/records/${index}/revoke-token`, {}),
    statistics: (fromMs, toMs) => {
      const [from, to] = [fromMs, toMs].map((ms) => encodeURIComponent(new Date(ms).toISOString()));
      return askServer(server, `v1/disputes/statistics?from=${from}&to=${to}`);
    },
  };
}
