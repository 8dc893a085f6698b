// A transform of the AssemblyScript compiler: copies the functions on the path of every single
// allocation and free into their callers. Binaryen by itself does not copy a function that is
// called from several places and calls others, however hot it is, and a call costs as much as a
// tenth of an allocation. docs/performance.md has the measurements.
import { Node, NodeKind } from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const HOT = {
  "assembly/mm/buddy": [
    "freeBuddyOf",
    "insertMerged",
    "isHead",
    "mergeInRecord",
    "mergeWhole",
    "parentWillMerge",
    "typesMerge",
  ],
  "assembly/mm/free-list": [
    "putOnly",
    "insertInRecord",
    "insertWhole",
    "link",
    "removeFromRecord",
    "removeWhole",
    "splitAt",
    "takeFirst",
    "takeInRecord",
    "takeLarger",
    "takeWhole",
    "unlink",
  ],
  "assembly/contig/migrate": ["finishMigration", "takeTarget"],
  "assembly/mm/page": ["recordFor"],
  "assembly/mm/page-alloc": ["allocBelowBlock", "allocBlock", "allocPage"],
  "assembly/mm/page-free": ["freeBlock", "freePage", "freePageFast", "prefetchPage"],
  "assembly/mm/request": [
    "fromZones",
    "pagesOf",
    "requestFlags",
    "requestKind",
    "requestNode",
    "requestOrder",
    "requestState",
    "requestType",
  ],
  "assembly/mm/xorshift": ["xorshift32"],
  "assembly/mm/record-slab": ["ensureRecords", "hasRecords", "prefetchState"],
  "assembly/bench/loops": [
    "chunk",
    "drainPages",
    "empty",
    "keep",
    "prefetchHandle",
    "single",
    "allocOneBlock",
    "allocOnePage",
  ],
};

export default class InlineHot extends Transform {
  afterParse(parser) {
    for (const [path, names] of Object.entries(HOT)) {
      const source = parser.sources.find((each) => each.internalPath === path);
      // the release core is without the loops of bench/
      if (!source && path.startsWith("assembly/bench/")) continue;
      for (const name of names) {
        const found = source?.statements.find(
          (each) => each.kind === NodeKind.FunctionDeclaration && each.name.text === name,
        );
        if (!found) throw new Error(`inline-hot: there is no function ${name} in ${path}`);
        const inline = Node.createIdentifierExpression("inline", found.range);
        (found.decorators ??= []).push(Node.createDecorator(inline, null, found.range));
      }
    }
  }
}
