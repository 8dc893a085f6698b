import { useState } from "preact/hooks";
import type { JSX } from "preact";

const SHARE = "Share a link";

/** Puts a link into the address bar and the clipboard. */
export function ShareButton({ link }: { link: () => Promise<string> }): JSX.Element {
  const [words, setWords] = useState(SHARE);
  const copy = async (): Promise<void> => {
    try {
      const url = await link();
      history.replaceState(null, "", url);
      try {
        await navigator.clipboard.writeText(url);
        setWords("Link copied");
      } catch {
        setWords("Link is in the address bar");
      }
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error));
    }
    setTimeout(() => {
      setWords(SHARE);
    }, 4000);
  };
  return (
    <button type="button" aria-live="polite" onClick={() => void copy()}>
      {words}
    </button>
  );
}
