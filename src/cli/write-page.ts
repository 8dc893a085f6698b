import { visibleText } from "../input-error.js";
import { htmlPage, type HtmlPage } from "../report/html-page.js";
import { print, type OutputFile } from "./output.js";

/** Characters of a line of the words in a page. */
export const PAGE_COLUMNS = 110;

/**
 * Writes the page of a result, where one is wanted.
 *
 * @param isTold - whether standard output has words, to which the file's name belongs.
 */
export function writePage(
  file: OutputFile | undefined,
  isTold: boolean,
  page: () => HtmlPage,
): void {
  if (file === undefined) return;
  file.write(htmlPage(page()));
  if (isTold && !file.isStdout) print(`\nThe page is in ${visibleText(file.name)}\n`);
}
