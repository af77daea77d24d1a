// SPDX-License-Identifier: Apache-2.0
/** The version of this program, as records of starts name it. */
export const version: string = "0.1.0";
