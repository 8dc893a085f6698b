import { escapeXml } from "./svg-element.js";

/** What a page shows. */
export interface HtmlPage {
  /** In the title of the window, and for screen readers; the pictures say it themselves. */
  readonly title: string;
  /** Pictures as standalone SVG, from top to bottom. */
  readonly pictures: readonly string[];
  /** The result in words, as a terminal shows it. */
  readonly words: string;
  /** The result as JSON, for programs that read the page. */
  readonly json: unknown;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f23; --faint: #5a6570; --ground: #ffffff; --line: #d5dae0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --faint: #a3adb7; --ground: #14171a; --line: #3a424a; }
}
body { margin: 0 auto; max-width: 1120px; padding: 16px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; }
h1 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
h2 { font-size: 16px; }
figure { margin: 0 0 24px; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; min-width: 640px; }
pre { overflow-x: auto; padding: 12px; border: 1px solid var(--line); border-radius: 6px;
  font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
footer { color: var(--faint); font-size: 13px; }
a { color: inherit; }
@media print { pre { white-space: pre-wrap; } }
`;

/**
 * A result as one HTML file that needs nothing else: it opens from disk, loads nothing and runs no
 * scripts. The JSON lies in its element `result`.
 */
export function htmlPage({ title, pictures, words, json }: HtmlPage): string {
  const figures = pictures.map((svg) => `<figure>\n${svg.trimEnd()}\n</figure>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeXml(title)}</h1>
${figures}
<h2>In words</h2>
<pre tabindex="0" aria-label="The result in words">${escapeXml(words)}</pre>
</main>
<footer>Made by virtio-mem-engine. This page loads nothing and sends nothing.</footer>
<script type="application/json" id="result">${jsonInHtml(json)}</script>
</body>
</html>
`;
}

/** No text of a guest may end the element. */
function jsonInHtml(json: unknown): string {
  return JSON.stringify(json).replaceAll("<", "\\u003c");
}
