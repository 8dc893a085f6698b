// Small parts that several views have.

import type { ComponentChildren, JSX } from "preact";

export function Problem({ words, onClose }: { words: string; onClose?: () => void }): JSX.Element {
  return (
    <div class="banner" role="alert">
      <span>{words}</span>
      {onClose !== undefined && (
        <button type="button" onClick={onClose}>
          Close
        </button>
      )}
    </div>
  );
}

export interface WorkingProps {
  readonly words: string;
  readonly share: number | undefined;
  readonly onStop: (() => void) | undefined;
}

export function Working({ words, share, onStop }: WorkingProps): JSX.Element {
  return (
    <div class="working" role="status">
      <progress {...(share === undefined ? {} : { value: share })} max={1} aria-label={words} />
      <span>{words}</span>
      {onStop !== undefined && (
        <button type="button" onClick={onStop}>
          Stop
        </button>
      )}
    </div>
  );
}

export function Card(props: {
  title: string;
  children: ComponentChildren;
  class?: string;
  aside?: ComponentChildren;
}): JSX.Element {
  return (
    <section class={`card ${props.class ?? ""}`}>
      <div class="card-head">
        <h2>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}

export interface PickerProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly onPick: (value: string) => void;
  readonly title?: string | undefined;
}

export function Picker({ label, value, choices, onPick, title }: PickerProps): JSX.Element {
  return (
    <label class="field" title={title}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}
