/**
 * Lines of at most `columns` characters, broken between words: the first starts with `first`, the
 * others with as many spaces as it is long, or `indent` where given. A word longer than a line is
 * cut.
 */
export function wrap(text: string, columns: number, first = "", indent = first.length): string[] {
  const pad = " ".repeat(indent);
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = pad;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
    while (line.length > columns) {
      lines.push(line.slice(0, columns));
      line = pad + line.slice(columns);
    }
  }
  lines.push(line);
  return lines;
}
