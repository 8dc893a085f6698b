/**
 * Splits a kernel command line into parameters. The last one of a name counts, `-` and `_` in
 * names are the same, and what follows `--` belongs to init.
 *
 * @returns values by name with `_`; a parameter without `=` has the value `""`.
 */
export function parseCommandLine(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [word] of text.trim().matchAll(/(?:"[^"]*"|[^\s"])+/g)) {
    if (word === "--") break;
    const plain = word.replaceAll('"', "");
    const at = plain.indexOf("=");
    const name = at < 0 ? plain : plain.slice(0, at);
    parameters.set(name.replaceAll("-", "_"), at < 0 ? "" : plain.slice(at + 1));
  }
  return parameters;
}
