// One rewrite rule, compiled: what it looks at, what it makes of a name, where it leads.
import type { RewriteConfig } from "../config/config.ts";
import { type Network, parseNetwork } from "../match/network.ts";
import { compilePattern, type Pattern } from "../match/pattern.ts";
import { compileTemplate, type Template } from "../match/template.ts";

/** A fault in the config: which rule (from 0), which key of it, and why. */
export interface RuleFault {
  readonly index: number;
  readonly key:
    | ("match" | "replace" | "refuse" | "jump" | "clients" | "paths")
    | ("interfaces" | "addresses");
  readonly detail: string;
}

/** A compiled rule. */
export interface Rule {
  /** Counted from 1, with the label if there is one: how the log and `rewrite-test` name it. */
  readonly title: string;
  readonly config: RewriteConfig;
  readonly pattern: Pattern;
  readonly networks: readonly Network[];
  /** Null where the name stays as it is. */
  readonly replace: Template | null;
  readonly refuse: Template | null;
  readonly jump: Template | null;
  /** One of its templates names the MAC address of the client, so it must be known. */
  readonly needsMac: boolean;
}

/** Compiles rule `index`; faults are added to `faults`, and then null comes back. */
export function compileRule(
  config: RewriteConfig,
  index: number,
  faults: RuleFault[],
): Rule | null {
  const networks = compileNetworks(config.clients, index, faults);
  const pattern = patternOf(config);
  if (pattern.kind === "bad") {
    faults.push({ index, key: "match", detail: pattern.detail });
    return null;
  }
  const compile = (key: "replace" | "refuse" | "jump", text: string): Template | null => {
    const template = compileTemplate(text, pattern);
    if (template.kind === "template") return template;
    faults.push({ index, key, detail: template.detail });
    return null;
  };
  const templates = {
    replace: keepsName(config) ? null : compile("replace", config.replace),
    refuse: config.refuse === "" ? null : compile("refuse", config.refuse),
    jump: config.jump === "" ? null : compile("jump", config.jump),
  };
  const needsMac = Object.values(templates).some((template) =>
    template?.variables.has("mac") || template?.variables.has("mac-hex")
  );
  const label = config.label === "" ? "" : ` "${config.label}"`;
  return { title: `rule ${index + 1}${label}`, config, pattern, networks, ...templates, needsMac };
}

/** Compiles the `clients` of a rule; bad ones become faults of rule `index`. */
export function compileNetworks(
  texts: readonly string[],
  index: number,
  faults: RuleFault[],
): readonly Network[] {
  const networks: Network[] = [];
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network.kind === "bad") faults.push({ index, key: "clients", detail: network.detail });
    else networks.push(network);
  }
  return networks;
}

// A whole name cannot become nothing, so nothing to put in its place means that it stays.
function keepsName({ replace, replaceWhat, invert }: RewriteConfig): boolean {
  return replace === "" && (replaceWhat === "name" || invert);
}

function patternOf({ match, ignoreCase, longest }: RewriteConfig) {
  return compilePattern(match, { caseInsensitive: ignoreCase, longest });
}
