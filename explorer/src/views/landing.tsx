import { useRef } from "preact/hooks";
import type { JSX } from "preact";

import { chosenFiles, type Dropped } from "../share/dropped.js";
import { EXAMPLES, type Example } from "../examples.js";

export interface LandingProps {
  readonly onFiles: (dropped: Dropped) => void;
  readonly onExample: (example: Example) => void;
}

export function Landing({ onFiles, onExample }: LandingProps): JSX.Element {
  return (
    <div class="landing">
      <h1>How much memory does this guest give back?</h1>
      <p class="lead">
        Open a capture of a Linux guest with virtio-mem: see page by page what can be unplugged,
        what stays, and why. Or run a scenario.
      </p>
      <OpenButtons onFiles={onFiles} isLarge />
      <p class="promise">
        <b>Nothing leaves this machine.</b> The engine runs in this tab; the page's policy lets it
        send no request once it has loaded.
      </p>
      <h2>Or look at an example</h2>
      <ul class="examples">
        {EXAMPLES.map((example) => (
          <li key={example.file}>
            <button type="button" onClick={() => onExample(example)}>
              <b>{example.title}</b>
              <span>{example.words}</span>
              <span class="faint">{example.kind}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="hint">
        To capture a guest: <code>virtio-mem capture-script &gt; capture.sh</code>, then run it as
        root in the guest. It reads /proc and /sys only, and writes one file.
      </p>
    </div>
  );
}

/** Chooses files or a folder; the whole page takes what is dropped on it, too. */
export function OpenButtons(props: {
  onFiles: (dropped: Dropped) => void;
  isLarge?: boolean;
}): JSX.Element {
  const file = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const chosen = (input: HTMLInputElement): void => {
    const dropped = input.files === null ? undefined : chosenFiles(input.files);
    input.value = "";
    if (dropped !== undefined) props.onFiles(dropped);
  };
  return (
    <div class={props.isLarge === true ? "drop" : "open-buttons"}>
      {props.isLarge === true && (
        <p>
          Drop a capture (<code>.tar.gz</code> or its folder), a scenario (<code>.yaml</code>,{" "}
          <code>.json</code>) or a result of <code>--json</code> here
        </p>
      )}
      <div class="row">
        <button
          type="button"
          class={props.isLarge === true ? "primary" : ""}
          onClick={() => file.current?.click()}
        >
          Open a file
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          Open a folder
        </button>
      </div>
      <input
        ref={file}
        class="visually-hidden"
        type="file"
        tabIndex={-1}
        aria-label="File to open"
        accept=".gz,.tgz,.tar,.yaml,.yml,.json"
        onChange={(event) => chosen(event.currentTarget)}
      />
      <input
        ref={(element) => {
          folder.current = element;
          element?.setAttribute("webkitdirectory", "");
        }}
        class="visually-hidden"
        type="file"
        tabIndex={-1}
        aria-label="Folder to open"
        onChange={(event) => chosen(event.currentTarget)}
      />
    </div>
  );
}
