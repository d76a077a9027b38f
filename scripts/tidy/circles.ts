// Files that import each other in a circle, be it for types only: none of them can be read first.
import { type Import, targetOf } from "./imports.ts";

/** An import that closes a circle. */
export interface Circle {
  readonly path: string;
  readonly line: number;
  /** From the file that it leads back to, round to that file again. */
  readonly way: readonly string[];
}

/** The circles among files, given with what each imports; one for each import that closes any. */
export function circlesOf(imports: ReadonlyMap<string, readonly Import[]>): Circle[] {
  const circles: Circle[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const follow = (path: string) => {
    way.push(path);
    for (const { specifier, line } of imports.get(path)!) {
      const target = targetOf(path, specifier);
      if (target === null || target === path || !imports.has(target) || done.has(target)) continue;
      const at = way.indexOf(target);
      if (at < 0) follow(target);
      else circles.push({ path, line, way: [...way.slice(at), target] });
    }
    way.pop();
    done.add(path);
  };
  for (const path of imports.keys()) if (!done.has(path)) follow(path);
  return circles;
}
