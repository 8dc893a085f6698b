const TAG = /<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
const TEXT = /[^<]+/y;

/**
 * What is wrong with a document of elements, attributes and text, or undefined where nothing is:
 * unbalanced tags, bare ampersands and brackets, an attribute twice, characters that XML forbids.
 */
export function xmlFault(xml: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- these are the characters XML forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml)) return "control character";
  const ampersand = /&(?!amp;|lt;|gt;|quot;)/.exec(xml);
  if (ampersand) return `bare ampersand at ${ampersand.index}`;
  const open: string[] = [];
  let roots = 0;
  for (let at = 0; at < xml.length;) {
    const pattern = xml[at] === "<" ? TAG : TEXT;
    pattern.lastIndex = at;
    const match = pattern.exec(xml);
    if (!match) return `no tag at ${at}: ${xml.slice(at, at + 60)}`;
    at = pattern.lastIndex;
    if (pattern === TEXT) {
      if (open.length === 0 && match[0].trim() !== "") return "text outside the root element";
      if (match[0].includes(">")) return `bare bracket before ${at}`;
      continue;
    }
    const [, closing, name = "", attributes = "", empty] = match;
    const names = [...attributes.matchAll(/([\w:-]+)=/g)].map(([, key]) => key);
    if (new Set(names).size !== names.length) return `attribute twice before ${at}`;
    if (closing === "/") {
      if (open.pop() !== name) return `unexpected </${name}> before ${at}`;
    } else {
      if (open.length === 0) roots++;
      if (empty !== "/") open.push(name);
    }
  }
  if (open.length > 0) return `<${String(open.at(-1))}> is never closed`;
  return roots === 1 ? undefined : `${roots} root elements`;
}
