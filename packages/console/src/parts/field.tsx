// SPDX-License-Identifier: Apache-2.0
// What people fill in. Each has its label in view, and says what is wrong beside it.
import { useId } from "react";
import type { InputHTMLAttributes, ReactElement, ReactNode } from "react";

type Said = {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with what was put in. */
  readonly wrong?: string | undefined;
  /** Show the label to screen readers only: where its place says it. */
  readonly quiet?: boolean;
};

type FieldProps = Said & {
  /** Gives the control, which takes these. */
  readonly children: (control: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": boolean | undefined;
  }) => ReactNode;
};

/** A label and what belongs to it, around a control of any kind. */
export function Field({ label, hint, wrong, quiet = false, children }: FieldProps): ReactElement {
  const id = useId();
  const about = `${id}-about`;
  const said = wrong ?? hint;
  return (
    <div className="field">
      <label htmlFor={id} className={quiet ? "unseen" : undefined}>
        {label}
      </label>
      {children({
        id,
        "aria-describedby": said === undefined ? undefined : about,
        "aria-invalid": wrong === undefined ? undefined : true,
      })}
      {said !== undefined && (
        <p id={about} className={wrong === undefined ? "field-hint" : "field-wrong"}>
          {said}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Said &
  Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value" | "className" | "id"> & {
    readonly value: string;
    readonly onChange: (value: string) => void;
    /** So many lines; one without it. */
    readonly lines?: number;
  };

/** A text that is typed in. */
export function TextField({
  label,
  hint,
  wrong,
  quiet,
  value,
  onChange,
  lines,
  ...rest
}: TextFieldProps): ReactElement {
  return (
    <Field label={label} hint={hint} wrong={wrong} quiet={quiet ?? false}>
      {(control) =>
        lines === undefined ? (
          <input {...rest} {...control} value={value} onChange={(event) => onChange(event.target.value)} />
        ) : (
          <textarea
            {...control}
            rows={lines}
            value={value}
            required={rest.required}
            maxLength={rest.maxLength}
            placeholder={rest.placeholder}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

type SelectProps = Said & {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly title: string }[];
  readonly disabled?: boolean;
};

/** One of several. */
export function Select({
  label,
  hint,
  wrong,
  quiet,
  value,
  onChange,
  options,
  disabled,
}: SelectProps): ReactElement {
  return (
    <Field label={label} hint={hint} wrong={wrong} quiet={quiet ?? false}>
      {(control) => (
        <select
          {...control}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

type CheckboxProps = {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
};

/** Yes or no. */
export function Checkbox({ label, checked, onChange, disabled }: CheckboxProps): ReactElement {
  return (
    <label className="checkbox">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
