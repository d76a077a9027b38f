// Trees under the directory for temporary files, removed after the test.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { eventually } from "../patience.ts";

/** A directory of its own; `root` is the tree in it, beside which there is room for more. */
export interface TempTree {
  readonly root: string;
  /** Path of something in the tree, or beside it with "../". */
  path(name: string): string;
  write(name: string, text: string): void;
  dispose(): void;
}

/** Makes a tree from relative names and texts. */
export function makeTree(files: Readonly<Record<string, string>> = {}): TempTree {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "bootsrv-test-")));
  const root = join(top, "root");
  mkdirSync(root);
  const tree: TempTree = {
    root,
    path: (name) => join(root, name),
    write(name, text) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    },
    dispose: () => rmSync(top, { recursive: true, force: true }),
  };
  for (const [name, text] of Object.entries(files)) tree.write(name, text);
  return tree;
}

/** Runs `body` with a tree and removes the tree afterwards. */
export async function withTree(
  files: Readonly<Record<string, string>>,
  body: (tree: TempTree) => void | Promise<void>,
): Promise<void> {
  const tree = makeTree(files);
  try {
    await body(tree);
  } finally {
    // An upload that was aborted last may still be removing its own file.
    await eventually(() => tree.dispose());
  }
}
