// SPDX-License-Identifier: Apache-2.0
import type { PolicyBench, PolicySection } from "./context.ts";
export async function measureStream(context: PolicyBench): Promise<PolicySection> {
  return { data: {}, text: `${context.events}` };
}
