// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Select, TextField } from "../../parts/field.tsx";
import type { File } from "./answers.ts";
import { newPolicy, withText, wrongPath } from "./drafts.ts";

type Props = {
  readonly files: readonly File[];
  readonly inForce: readonly File[];
  readonly path: string;
  readonly readOnly: boolean;
  readonly onPath: (path: string) => void;
  readonly onFiles: (files: readonly File[]) => void;
};

/** Which file is shown, and files put in and taken out. */
export function FileTabs({ files, inForce, path, readOnly, onPath, onFiles }: Props): ReactElement {
  const [makes, setMakes] = useState(false);
  const [name, setName] = useState("");
  const wrong = name === "" ? undefined : wrongPath(name, files);
  const make = (event: FormEvent): void => {
    event.preventDefault();
    onFiles(withText(files, name, newPolicy(name)));
    onPath(name);
    setMakes(false);
    setName("");
  };
  const titleOf = ({ path: each, text }: File): string => {
    const before = inForce.find((file) => file.path === each);
    if (before === undefined) return `${each} (new)`;
    return before.text === text ? each : `${each} (changed)`;
  };
  return (
    <div className="policy-files">
      <Select
        label="File"
        quiet
        value={path}
        onChange={onPath}
        options={files.map((file) => ({ value: file.path, title: titleOf(file) }))}
      />
      {!readOnly && (
        <div className="actions">
          <Button onClick={() => setMakes(true)}>New file</Button>
          <Button
            disabled={files.length < 2}
            onClick={() => onFiles(files.filter((file) => file.path !== path))}
          >
            Take it out
          </Button>
        </div>
      )}
      <Dialog title="New policy file" open={makes} onClose={() => setMakes(false)}>
        <form onSubmit={make}>
          <TextField
            label="Name"
            hint="Such as market.yaml"
            value={name}
            onChange={setName}
            wrong={wrong}
            required
          />
          <div className="actions">
            <Button kind="primary" type="submit" disabled={name === "" || wrong !== undefined}>
              Make it
            </Button>
            <Button onClick={() => setMakes(false)}>Leave it</Button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}
