// From a problem at a key to a fault at a place: a line of the file, a flag, a variable.
import type { Problem } from "./check.ts";
import type { Fault, FaultSource } from "./faults.ts";
import { describeKey, type KeyPath, pathKey, type RawTable } from "./key_path.ts";
import type { Layer } from "./layers.ts";
import { findPositions, type Positions } from "./positions.ts";

/** A layer, with what is needed to name a place in it. */
export type Origin = Layer | FileOrigin;

interface FileOrigin {
  readonly kind: "file";
  readonly raw: RawTable;
  readonly file: string;
  readonly text: string;
}

/** A problem and where it came from; null for the defaults. */
export interface Located extends Problem {
  readonly origin: Origin | null;
}

/** The faults for `problems`: those of the file first, in the order of its lines. */
export async function locate(problems: readonly Located[]): Promise<readonly Fault[]> {
  const fileOrigin = problems.map(({ origin }) => origin).find((origin) => origin?.kind === "file");
  const positions = fileOrigin?.kind === "file" ? await findPositions(fileOrigin.text) : null;
  const faults = problems.map((problem) => toFault(problem, positions));
  return faults.sort((a, b) => rank(a.source) - rank(b.source));
}

function toFault(problem: Located, positions: Positions | null): Fault {
  const { origin, path, hint } = problem;
  if (origin === null) {
    return { source: { kind: "default" }, message: problem.message(describeKey(path)), hint };
  }
  if (origin.kind === "file") {
    const source = inFile(origin, { problem, positions });
    return { source, message: problem.message(describeKey(path)), hint };
  }
  const name = nameIn(origin, path);
  const kubernetes = origin.kind === "environment" &&
    /"(tcp|udp):\/\//.test(problem.message(name));
  return {
    source: { kind: origin.kind, name },
    message: problem.message(name),
    // Kubernetes sets NAME_PORT=udp://… for each Service: one named "bootsrv-tftp" hits our name.
    hint: kubernetes
      ? "Kubernetes sets this for a Service of that name: set enableServiceLinks: false"
      : hint.replace(/^Write .*/, ""),
  };
}

function inFile(
  origin: FileOrigin,
  at: { readonly problem: Problem; readonly positions: Positions | null },
): FaultSource {
  const { path } = at.problem;
  const span = at.problem.at === "key" ? at.positions?.key(path) : at.positions?.value(path);
  const line = span?.line ?? null;
  return {
    kind: "file",
    file: origin.file,
    line,
    column: span?.column ?? null,
    text: line === null ? "" : origin.text.split(/\r?\n/)[line - 1] ?? "",
    length: span ? span.endColumn - span.column : 0,
  };
}

// The elements of a list share the name of their key.
function nameIn(layer: Layer, path: KeyPath): string {
  for (let length = path.length; length > 0; length--) {
    const name = layer.names.get(pathKey(path.slice(0, length)));
    if (name !== undefined) return name;
  }
  return describeKey(path);
}

function rank(source: FaultSource): number {
  switch (source.kind) {
    case "file":
      return source.line === null ? 0 : source.line + (source.column ?? 0) / 1e6;
    case "environment":
      return 1e12;
    case "flag":
      return 2e12;
    case "default":
      return 3e12;
  }
}
