// The editor of scenarios, in a shadow tree: its styles are then constructed, which the page's
// policy allows, and not written into the document, which it does not.

import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

import type { Problem } from "../engine/protocol.js";
import { completeScenario } from "./completion.js";

export interface Editor {
  readonly setProblems: (problems: readonly Problem[]) => void;
  readonly setDark: (isDark: boolean) => void;
  readonly destroy: () => void;
}

export interface EditorOptions {
  readonly text: string;
  readonly isDark: boolean;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
}

export function createEditor(host: HTMLElement, options: EditorOptions): Editor {
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  shadow.replaceChildren();
  const look = new Compartment();
  const view = new EditorView({
    parent: shadow,
    root: shadow,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        closeBrackets(),
        indentUnit.of("  "),
        yaml(),
        autocompletion({ override: [completeScenario] }),
        lintGutter(),
        look.of(lookOf(options.isDark)),
        keymap.of([
          {
            key: "Mod-Enter",
            run: () => {
              options.onRun();
              return true;
            },
          },
          ...completionKeymap,
          ...lintKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        EditorView.contentAttributes.of({ "aria-label": "Scenario, in YAML", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setProblems: (problems) => {
      const { length } = view.state.doc;
      const diagnostics = problems.map(({ from, to, words }) => ({
        from: Math.min(from, length),
        to: Math.min(to, length),
        severity: "error" as const,
        message: words,
      }));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    setDark: (isDark) => {
      view.dispatch({ effects: look.reconfigure(lookOf(isDark)) });
    },
    destroy: () => {
      view.destroy();
    },
  };
}

function lookOf(isDark: boolean) {
  const [ink, faint, key, text, number] = isDark
    ? ["#e8edf2", "#9aa5b0", "#7cc4ff", "#a5dfb8", "#ffc46b"]
    : ["#12161a", "#5a6570", "#0b5a94", "#146c3c", "#8f3c00"];
  const theme = EditorView.theme(
    {
      "&": { fontSize: "13px", color: ink, backgroundColor: "transparent", height: "100%" },
      ".cm-content": {
        fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
        caretColor: ink,
      },
      ".cm-scroller": { overflow: "auto", lineHeight: "1.5" },
      ".cm-gutters": { backgroundColor: "transparent", color: faint, border: "none" },
      ".cm-activeLine": { backgroundColor: isDark ? "#ffffff0d" : "#0000000a" },
      "&.cm-focused": { outline: "none" },
      ".cm-cursor": { borderLeftColor: ink },
      ".cm-tooltip": { backgroundColor: isDark ? "#20262d" : "#ffffff", color: ink },
    },
    { dark: isDark },
  );
  const colours = HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: key },
    { tag: [tags.string, tags.content], color: text },
    { tag: [tags.number, tags.bool, tags.null], color: number },
    { tag: tags.comment, color: faint, fontStyle: "italic" },
  ]);
  return [theme, syntaxHighlighting(colours)];
}
