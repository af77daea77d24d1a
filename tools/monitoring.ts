// SPDX-License-Identifier: Apache-2.0
// Writes the Grafana dashboard: npm run monitoring && npm run format
import { writeFileSync } from "node:fs";
import { dashboard } from "./monitoring/dashboard.ts";

const path = new URL("../docs/operations/monitoring/dashboard.json", import.meta.url);
writeFileSync(path, `${JSON.stringify(dashboard(), null, 2)}\n`);
