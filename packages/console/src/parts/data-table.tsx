// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";

/** A column: its heading, and what stands in it. */
export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand under each other. */
  readonly numeric?: boolean;
};

type Props<Row> = {
  /** What the table is of, for who can't see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
};

/** Rows under headings. What a row leads to is a link in its first cell. It scrolls within its own box. */
export function DataTable<Row>({ caption, columns, rows, rowKey }: Props<Row>): ReactElement {
  return (
    <div className="table-box" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, numeric }) => (
              <th key={title} scope="col" className={numeric === true ? "numeric" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ title, cell, numeric }) => (
                <td key={title} className={numeric === true ? "numeric" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
