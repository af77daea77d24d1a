// SPDX-License-Identifier: Apache-2.0
// A third of the pages: all of them in one file would take longer than a file may.
import { testPages } from "./testing/documentation.ts";

testPages(0, 3);
