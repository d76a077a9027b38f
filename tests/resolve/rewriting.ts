// Runs rewrite rules on a name, without a tree.
import assert from "node:assert/strict";
import type { RewriteConfig } from "../../src/config/config.ts";
import { parseAddress } from "../../src/match/network.ts";
import { checkName, type FileName } from "../../src/resolve/name.ts";
import { compileRewrite, type RewriteAsk, type Rewriting } from "../../src/resolve/rewrite.ts";

/** A whole rule from the fields that matter to a test; the others do nothing. */
export function rule(fields: Partial<RewriteConfig>): RewriteConfig {
  return {
    label: "",
    match: "",
    ignoreCase: false,
    longest: false,
    invert: false,
    raw: false,
    replace: "",
    replaceWhat: "name",
    when: "always",
    operation: "any",
    via: "any",
    family: "any",
    clients: [],
    stop: false,
    stopIfExists: false,
    continue: false,
    restart: false,
    jump: "",
    refuse: "",
    ...fields,
  };
}

/** What a test says of the request; the rest has plain values. */
export interface Asked extends Partial<Omit<RewriteAsk, "client" | "exists" | "mac">> {
  readonly client?: string;
  readonly files?: readonly string[];
  readonly mac?: string | null;
}

/** What becomes of `typed` under `rules`. */
export function rewrite(
  rules: readonly Partial<RewriteConfig>[],
  typed: string,
  asked: Asked = {},
): Rewriting {
  const rewriter = compileRewrite(rules.map(rule));
  if (rewriter.kind === "bad") assert.fail(JSON.stringify(rewriter.faults));
  return rewriter.rewrite(request(typed, asked));
}

/** The request for `typed`, whose name must pass the check. */
export function request(typed: string, asked: Asked = {}): RewriteAsk {
  const checked = checkName(typed);
  if (checked.kind === "bad") assert.fail(checked.detail);
  const { client = "192.0.2.1", files = [], mac = null, ...rest } = asked;
  return {
    operation: "read",
    via: "tftp",
    port: 2070,
    sent: typed,
    name: checked.name,
    directory: checked.directory,
    explain: false,
    exists: (name: FileName) => files.includes(name),
    ...rest,
    client: parseAddress(client),
    mac: () => mac,
  };
}

/** The name that came out, with a "/" if it is a directory's; or the kind of refusal. */
export function outcome(rewriting: Rewriting): string {
  if (rewriting.kind === "refused") return rewriting.refusal.kind;
  return rewriting.name + (rewriting.directory ? "/" : "");
}
