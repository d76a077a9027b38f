// Who may read and write which files. The first [[access]] rule that fits the client, where it
// asks, the name and the protocol decides. Without one, everything may be read and nothing written;
// but where uploads are switched on and there is no [[access]] at all, the operator meant everybody.
import type { AccessConfig } from "../config/config.ts";
import { compileGlob, type Glob } from "../match/glob.ts";
import { compileLocal, holdsAt, type LocalRule } from "../match/local.ts";
import { inNetworks, type Network } from "../match/network.ts";
import { quoted } from "../match/quoted.ts";
import type { PlaceAsk } from "../storage/trees.ts";
import type { FileName } from "./name.ts";
import type { Refusal } from "./refusal.ts";
import { compileNetworks, type RuleFault } from "./rewrite_rule.ts";

/** A request as the policy sees it; `name` is the name after rewriting. */
export interface AccessAsk extends PlaceAsk {
  readonly via: "tftp" | "http";
  readonly name: FileName;
}

/** What the policy is made from. */
export interface AccessOptions {
  readonly rules: readonly AccessConfig[];
  readonly uploadsEnabled: boolean;
  /** The tree finds names in any letter case, so the rules must too. */
  readonly caseInsensitive: boolean;
}

/** A compiled policy. */
export interface Access {
  readonly kind: "access";
  /** Null means: go ahead. */
  refuse(ask: AccessAsk): Refusal | null;
}

/** Compiles the policy; all faults of its rules come back together. */
export function compileAccess(
  options: AccessOptions,
): Access | { readonly kind: "bad"; readonly faults: readonly RuleFault[] } {
  const faults: RuleFault[] = [];
  const rules = options.rules.map((config, index) => compileRule(config, index, options, faults));
  if (faults.length > 0) return { kind: "bad", faults };
  const { uploadsEnabled } = options;
  return { kind: "access", refuse: (ask) => refuse(rules, ask, uploadsEnabled) };
}

/**
 * Tells of a name whether some rule lets somebody write it; without such a rule, that is every
 * name. Globs that do not compile are passed over.
 */
export function compileWritable(
  rules: readonly AccessConfig[],
  { caseInsensitive }: { readonly caseInsensitive: boolean },
): (name: string) => boolean {
  const writing = rules.filter(({ allow }) => allow.includes("write"));
  if (writing.length === 0 || writing.some(({ paths }) => paths.length === 0)) return () => true;
  const globs = writing.flatMap(({ paths }) => paths)
    .map((text) => compileGlob(text, { caseInsensitive }))
    .filter((glob) => glob.kind === "glob");
  return (name) => globs.some((glob) => glob.matches(name));
}

interface Rule {
  readonly number: number;
  readonly networks: readonly Network[];
  readonly local: LocalRule;
  readonly globs: readonly Glob[];
  readonly via: AccessConfig["via"];
  readonly allow: AccessConfig["allow"];
}

function compileRule(
  config: AccessConfig,
  index: number,
  options: AccessOptions,
  faults: RuleFault[],
): Rule {
  const networks = compileNetworks(config.clients, index, faults);
  const local = compileLocal(config, (key, detail) => faults.push({ index, key, detail }));
  const globs: Glob[] = [];
  for (const text of config.paths) {
    const glob = compileGlob(text, { caseInsensitive: options.caseInsensitive });
    if (glob.kind === "bad") {
      faults.push({ index, key: "paths", detail: `"${text}": ${glob.detail}` });
    } else globs.push(glob);
  }
  return { number: index + 1, networks, local, globs, via: config.via, allow: config.allow };
}

function refuse(rules: readonly Rule[], ask: AccessAsk, uploadsEnabled: boolean): Refusal | null {
  const { operation, name } = ask;
  if (operation === "write" && !uploadsEnabled) {
    return { kind: "read-only", detail: "Uploads are switched off (upload.enabled)" };
  }
  const rule = rules.find((each) =>
    (each.via === "any" || each.via === ask.via) &&
    (each.globs.length === 0 || each.globs.some((glob) => glob.matches(name))) &&
    inNetworks(ask.client.address, each.networks) &&
    holdsAt(each.local, ask.local, !each.allow.includes(operation))
  );
  if (rule !== undefined) {
    if (rule.allow.includes(operation)) return null;
    const what = `${operation} ${quoted(name)}`;
    const detail = `Access rule ${rule.number} does not allow this client to ${what}`;
    return { kind: "forbidden", detail };
  }
  if (operation === "read" || rules.length === 0) return null;
  return {
    kind: "forbidden",
    detail: `No access rule allows this client to write ${quoted(name)}`,
  };
}
