/** One small damage to the source that a test should notice. */
export interface Edit {
  /** Path from the repository's root. */
  readonly file: string;
  /** Must stand exactly once in the file. */
  readonly old: string;
  readonly new: string;
  /** What the damage breaks, for the table. */
  readonly breaks: string;
  /** Why nothing can tell the difference; such an edit is expected to survive. */
  readonly changesNothing?: string;
}

/** The damaged text. Throws unless the old one is there exactly once. */
export function damage(text: string, edit: Edit): string {
  const found = text.split(edit.old).length - 1;
  if (found !== 1) {
    throw new Error(`${edit.file} must hold this once, it does ${found} times: ${edit.old}`);
  }
  return text.replace(edit.old, () => edit.new);
}
