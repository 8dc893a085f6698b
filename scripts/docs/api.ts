// What users of the package can import, entry by entry: docs/api/*.api.md, so that a change of the
// surface shows in review, and the names that a signature mentions but nobody can import.

import { join } from "node:path";

import ts from "typescript";

const root = join(import.meta.dirname, "../..");

/** What package.json exports, and the file behind it. */
export const ENTRIES = {
  index: { name: "virtio-mem-engine", file: "src/index.ts" },
  device: { name: "virtio-mem-engine/device", file: "src/device.ts" },
  core: { name: "virtio-mem-engine/core", file: "src/core.ts" },
  node: { name: "virtio-mem-engine/node", file: "src/node/index.ts" },
} as const;

export interface ApiReport {
  /** Path of the report in the repository. */
  readonly path: string;
  readonly text: string;
  /** Names in signatures that the entry does not export, with where they stand. */
  readonly missing: readonly string[];
}

/** The report of each entry, from the declarations that tsc writes. */
export function apiReports(): ApiReport[] {
  const program = declarationProgram();
  return Object.entries(ENTRIES).map(([key, { name, file }]) => {
    const exported = exportsOf(program, declarationPath(file));
    // the Node entry has all types of the first one, which need not be said twice
    const shown = key === "node" ? own(exported, exportsOf(program, indexPath)) : exported;
    return { path: `docs/api/${key}.api.md`, ...reportOf(program, name, exported, shown) };
  });
}

/** A program over the declarations of all entries, which exist in memory only. */
function declarationProgram(): ts.Program {
  const { options } = ts.parseJsonSourceFileConfigFileContent(
    ts.readJsonConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)),
    ts.sys,
    root,
  );
  const settings = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true };
  const sources = Object.values(ENTRIES).map(({ file }) => join(root, file));
  const texts = new Map<string, string>();
  ts.createProgram(sources, { ...settings, stripInternal: true, rootDir: root, outDir: root }).emit(
    undefined,
    (path, text) => {
      texts.set(path, text);
    },
  );
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const readFile = host.readFile.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  // the declarations stand in for the sources
  const isSource = (path: string): boolean =>
    path.startsWith(join(root, "src")) && !path.endsWith(".d.ts");
  host.fileExists = (path) => texts.has(path) || (!isSource(path) && fileExists(path));
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = texts.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, version, true);
    return getSourceFile(path, version, ...rest);
  };
  return ts.createProgram(
    Object.values(ENTRIES).map(({ file }) => declarationPath(file)),
    options,
    host,
  );
}

const indexPath = declarationPath(ENTRIES.index.file);

function declarationPath(file: string): string {
  return join(root, file.replace(/\.ts$/, ".d.ts"));
}

interface Exported {
  readonly name: string;
  /** What the name stands for, wherever it is declared. */
  readonly target: ts.Symbol;
}

/** What a file exports, by name. */
function exportsOf(program: ts.Program, path: string): Exported[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`an entry must have declarations, got no ${path}`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ name: symbol.getName(), target: resolved(checker, symbol) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function own(exported: readonly Exported[], others: readonly Exported[]): Exported[] {
  const theirs = new Set(others.map(({ target }) => target));
  return exported.filter(({ target }) => !theirs.has(target));
}

function reportOf(
  program: ts.Program,
  name: string,
  exported: readonly Exported[],
  shown: readonly Exported[],
): Omit<ApiReport, "path"> {
  const checker = program.getTypeChecker();
  const known = new Set(exported.map(({ target }) => target));
  const missing = new Set<string>();
  const blocks = shown.map((each) => {
    const declarations = each.target.getDeclarations() ?? [];
    for (const other of declarations.flatMap((declaration) => namedTypes(checker, declaration))) {
      if (!known.has(other) && isOurs(other)) missing.add(`${each.name} names ${other.getName()}`);
    }
    return declarations.map(printed).join("\n");
  });
  const more = shown.length < exported.length ? "All types of `virtio-mem-engine`, and:\n\n" : "";
  const intro = "Written by `npm run docs`; a change here is a change of the public API.";
  return {
    text: `# ${name}\n\n${intro}\n\n${more}\`\`\`ts\n${blocks.join("\n\n")}\n\`\`\`\n`,
    missing: [...missing].sort(),
  };
}

function resolved(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The types that a declaration mentions. */
function namedTypes(checker: ts.TypeChecker, declaration: ts.Node): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (isPrivate(node)) return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : ts.isTypeQueryNode(node)
          ? node.exprName
          : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol !== undefined) found.push(resolved(checker, symbol));
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found.filter((symbol) => !(symbol.flags & ts.SymbolFlags.TypeParameter));
}

function isPrivate(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false;
  if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return true;
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0;
}

/** Is it declared in `src/`, and not in a library or by asc? */
function isOurs(symbol: ts.Symbol): boolean {
  const file = symbol.getDeclarations()?.[0]?.getSourceFile().fileName ?? "";
  return file.startsWith(join(root, "src"));
}

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** A declaration without comments and without what is private. */
function printed(declaration: ts.Declaration): string {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const lines = printer
    .printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile())
    .split("\n")
    .filter((line) => !/^\s*(#private;|private )/.test(line));
  return lines.join("\n").replace(/^export declare |^declare |^export /, "");
}
