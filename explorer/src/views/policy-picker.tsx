import { useState } from "preact/hooks";
import type { JSX } from "preact";

import { POLICIES } from "../../../src/policies/choice/registry.js";
import { PROFILE_NAMES } from "../../../src/linux/profile.js";
import { Picker } from "./parts.js";

const SEVERAL = "several";

/** What decides how the guest's driver unplugs: one policy, or several joined by `+`. */
export function PolicyPicker(props: {
  value: string;
  own: string | undefined;
  onPick: (value: string) => void;
}): JSX.Element {
  const { value, own, onPick } = props;
  const names = POLICIES.map(({ name }) => name);
  const [isSeveral, setSeveral] = useState(value !== "" && !names.includes(value));
  const [text, setText] = useState(value);
  const choices = [
    ...(own === undefined ? [] : [{ value: "", label: own }]),
    ...names.map((name) => ({
      value: name,
      label: name === "linux" ? "linux (as this version)" : name,
    })),
    { value: SEVERAL, label: "several, joined by + …" },
  ];
  const summary = POLICIES.find(({ name }) => name === value)?.summary;
  return (
    <div class="policy">
      <Picker
        label="Policy"
        value={isSeveral ? SEVERAL : value}
        choices={choices}
        title={summary}
        onPick={(picked) => {
          setSeveral(picked === SEVERAL);
          if (picked !== SEVERAL) onPick(picked);
        }}
      />
      {isSeveral && (
        <form
          class="several"
          onSubmit={(event) => {
            event.preventDefault();
            onPick(text.trim());
          }}
        >
          <input
            aria-label="Policies, joined by +"
            value={text}
            placeholder="sense-first+free-areas-first"
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit">Use</button>
        </form>
      )}
      {summary !== undefined && !isSeveral && <p class="hint">{summary}</p>}
    </div>
  );
}

export function KernelPicker(props: {
  value: string;
  own: { readonly value: string; readonly label: string };
  onPick: (value: string) => void;
}): JSX.Element {
  const { value, own, onPick } = props;
  return (
    <Picker
      label="Kernel"
      value={value}
      onPick={onPick}
      choices={[own, ...PROFILE_NAMES.map((name) => ({ value: name, label: name }))]}
    />
  );
}
