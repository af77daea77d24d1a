// SPDX-License-Identifier: Apache-2.0
// The `bash` blocks of a page as one script, so that a later block has variables and servers of earlier ones.
//
//   npx docket verify ./trial     # exits with 1: …     the command must end with just this code
//   npx docket serve … &                                 goes on once the server answers
import type { Block } from "./page.ts";

/** The address that pages name; a run puts a free port in its place. */
export const documentedAddress = "127.0.0.1:8080";

/**
 * Makes the script. A block's output goes to `$DOCKET_DOCS/LINE.out`; what failed, to `$DOCKET_DOCS/failed`.
 *
 * @param blocks those that are run, in the order of the page
 * @param address where `docket serve` listens, `HOST:PORT`
 */
export function scriptOf(blocks: readonly Block[], address: string): string {
  return [prelude(address), ...blocks.map((block) => blockScript(block, address))].join("\n");
}

function blockScript(block: Block, address: string): string {
  const lines = block.text.replaceAll(documentedAddress, address).split("\n");
  return [
    `docs_line=${block.line}`,
    `exec >"$DOCKET_DOCS/${block.line}.out" 2>&1`,
    ...lines.map((line, place) => lineScript(line, block.line + 1 + place)),
  ].join("\n");
}

function lineScript(line: string, number: number): string {
  const [, command, code] = /^(.*\S)\s+# exits with (\d+)(?:\D.*)?$/.exec(line) ?? [];
  if (command !== undefined) {
    return `docs_code=0; { ${command}; } || docs_code=$?; docs_expect ${number} ${code} $docs_code`;
  }
  return /(^|[^&])&$/.test(line) ? `${line}\ndocs_started $!` : line;
}

// `wait` before the end, so that no server outlives the script.
function prelude(address: string): string {
  return `
set -e
docs_end() {
  local code=$?
  trap - EXIT
  [ $code -eq 0 ] || echo "the block of line $docs_line ended with exit code $code" >>"$DOCKET_DOCS/failed"
  kill $(jobs -p) 2>/dev/null || true
  wait || true
  exit $code
}
docs_expect() {
  [ "$2" -eq "$3" ] && return
  echo "line $1 ended with exit code $3, not $2" >>"$DOCKET_DOCS/failed"
  return 1
}
docs_started() {
  local tries
  for tries in $(seq 300); do
    curl -sf "http://${address}/readyz" >"$DOCKET_DOCS/ready" && return
    kill -0 "$1" || return 1
    sleep 0.1
  done
  return 1
}
trap docs_end EXIT`;
}
