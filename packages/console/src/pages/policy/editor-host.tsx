// SPDX-License-Identifier: Apache-2.0
// CodeMirror in a shadow tree: there it brings its style as style sheets of its own, which the page's policy
// allows, and not as elements with text, which it forbids.
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import type { Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { ReactElement, RefObject } from "react";
import type { Finding } from "./check.ts";
import { complete, constructAt } from "./completion.ts";
import type { Construct } from "./constructs.ts";

type Props = {
  readonly path: string;
  readonly text: string;
  /** What stands there in force, to show what differs; `undefined` shows the text alone. */
  readonly original: string | undefined;
  readonly findings: readonly Finding[];
  readonly vocabulary: readonly Construct[];
  readonly readOnly: boolean;
  readonly onText: (text: string) => void;
  /** Told what stands at the cursor. */
  readonly onConstruct: (construct: Construct | undefined) => void;
  /** Where a line is to be gone to, counted from 1; each object once. */
  readonly goTo: { readonly line: number } | undefined;
};

/** Longest list of completions. */
const completionsMax = 200;

/** The editor of one file. */
export function EditorHost(props: Props): ReactElement {
  const { path, text, original, findings, readOnly, goTo } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  // Texts that were told and have not come back as a property: one of them is older than what stands here.
  const told = useRef<string[]>([]);
  const telling = {
    ...props,
    onText: (changed: string): void => {
      told.current.push(changed);
      props.onText(changed);
    },
  };
  const newest = useRef(telling);
  useEffect(() => {
    newest.current = telling;
  });
  const merge = useRef(new Compartment());
  useEffect(() => {
    const box = host.current;
    if (box === null) return undefined;
    const root = box.shadowRoot ?? box.attachShadow({ mode: "open" });
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: newest.current.text,
        extensions: [extensions(newest), merge.current.of(differing(newest.current.original))],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [path]);
  useEffect(() => {
    const made = view.current;
    // Whoever types fast is ahead of it, and keeps what was typed.
    const echoed = told.current.indexOf(text);
    told.current.splice(0, echoed + 1);
    if (made === undefined || echoed >= 0 || made.state.doc.toString() === text) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } });
  }, [text]);
  useEffect(() => {
    view.current?.dispatch({ effects: merge.current.reconfigure(differing(original)) });
  }, [original]);
  useEffect(() => showFindings(view.current, findings), [findings, path]);
  useEffect(() => {
    const made = view.current;
    if (goTo === undefined || made === undefined) return;
    const line = made.state.doc.line(Math.min(Math.max(1, goTo.line), made.state.doc.lines));
    made.dispatch({
      selection: { anchor: line.from },
      effects: EditorView.scrollIntoView(line.from, { y: "center" }),
    });
    made.focus();
  }, [goTo]);
  return (
    <div
      ref={host}
      className="policy-editor"
      data-read-only={readOnly}
      // Keys that are typed here are text, wherever else they have a meaning.
      onKeyDown={(event) => event.nativeEvent.stopImmediatePropagation()}
    />
  );
}

function extensions(props: RefObject<Props>): Extension {
  const words = (): readonly Construct[] => props.current.vocabulary;
  const source = ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const found = complete(state.doc.toString(), pos, words());
    if (
      found === undefined ||
      (!explicit && found.from === pos && !/[ {]$/.test(state.sliceDoc(pos - 1, pos)))
    ) {
      return null;
    }
    const options = found.options.slice(0, completionsMax).map(({ name, says, type }) => ({
      label: name,
      info: says,
      ...(type !== undefined && { detail: type }),
    }));
    return { from: found.from, options, validFor: /^[\w.-]*$/ };
  };
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    closeBrackets(),
    yaml(),
    indentUnit.of("  "),
    lintGutter(),
    syntaxHighlighting(colours),
    autocompletion({ override: [source], icons: false }),
    hoverTooltip((editor, pos) => {
      const found = constructAt(editor.state.doc.toString(), pos, words());
      return found === undefined ? null : { pos, create: () => ({ dom: explained(found) }) };
    }),
    keymap.of([...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
    EditorState.readOnly.of(props.current.readOnly),
    EditorView.contentAttributes.of({ "aria-label": `Text of ${props.current.path}`, tabindex: "0" }),
    EditorView.lineWrapping,
    EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
      if (docChanged) props.current.onText(state.doc.toString());
      if (!docChanged && !selectionSet) return;
      props.current.onConstruct(constructAt(state.doc.toString(), state.selection.main.head, words()));
    }),
    look,
  ];
}

function differing(original: string | undefined): Extension {
  return original === undefined ? [] : unifiedMergeView({ original, mergeControls: false, gutter: true });
}

function explained({ name, says, type }: Construct): HTMLElement {
  const box = document.createElement("div");
  box.className = "explained";
  const head = document.createElement("strong");
  head.textContent = type === undefined ? name : `${name}: ${type}`;
  box.append(head, ` ${says}`);
  return box;
}

function showFindings(view: EditorView | undefined, findings: readonly Finding[]): void {
  if (view === undefined) return;
  const { doc } = view.state;
  const diagnostics = findings.map(({ kind, line: number, column, message }) => {
    const line = doc.line(Math.min(Math.max(1, number), doc.lines));
    const from = Math.min(line.from + column - 1, line.to);
    const severity = kind === "warning" ? ("warning" as const) : ("error" as const);
    return { from, to: Math.max(from, line.to), severity, message };
  });
  view.dispatch(
    setDiagnostics(
      view.state,
      diagnostics.sort((a, b) => a.from - b.from),
    ),
  );
}

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.typeName, tags.meta], color: "var(--open)" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--quiet)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", height: "100%", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": {
    backgroundColor: "var(--raised)",
    color: "var(--quiet)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent-card) 35%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-card)" },
  ".cm-tooltip": {
    color: "var(--ink)",
    backgroundColor: "var(--card)",
    border: "1px solid var(--strong-line)",
    borderRadius: "6px",
    maxWidth: "26rem",
    fontFamily: "system-ui, sans-serif",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.5rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: "var(--on-accent)",
    backgroundColor: "var(--accent)",
  },
  ".cm-completionDetail": { color: "inherit", opacity: "0.8" },
  ".explained": { padding: "0.4rem 0.6rem" },
  ".cm-diagnostic": { borderLeftWidth: "4px", padding: "0.3rem 0.6rem" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--open)" },
  ".cm-changedLine": { backgroundColor: "var(--good-card) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-card) !important" },
  ".cm-changedText": { background: "none !important", textDecoration: "underline var(--good) !important" },
  ".cm-deletedText": { background: "none !important", textDecoration: "underline var(--bad) !important" },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--raised)" },
});
