// Rewrite rules: a checked name in, a checked name or a refusal out. Rules run in order; the first
// that holds ends it unless it says where to go on. Compiled once, linear time per request, and
// never more rules than the limit, whatever loops the rules make.
import type { RewriteConfig } from "../config/config.ts";
import { type Address, addressHex, addressText, inNetworks } from "../match/network.ts";
import type { PatternMatch } from "../match/pattern.ts";
import { quoted } from "../match/quoted.ts";
import type { Template, TemplateVariable } from "../match/template.ts";
import { checkName, type FileName, type NameCheck } from "./name.ts";
import type { Refusal } from "./refusal.ts";
import { type Budget, replaced } from "./rewrite_replace.ts";
import { compileRule, type Rule, type RuleFault } from "./rewrite_rule.ts";
import { RewriteTrail } from "./rewrite_trail.ts";

/**
 * Most steps beyond one pass over all rules. A step is a rule looked at, or one more replacement
 * by the same rule.
 */
export const REWRITE_STEPS_MAX = 4096;

/** What rules know about a request. */
export interface RewriteAsk {
  readonly operation: "read" | "write";
  readonly via: "tftp" | "http";
  /** Null where the client's address is not numeric: it then belongs to no network. */
  readonly client: Address | null;
  readonly port: number;
  /** The name as the client sent it, for rules with `raw`. */
  readonly sent: string;
  readonly name: FileName;
  /** The name ended in "/"; patterns see it that way. */
  readonly directory: boolean;
  /** Adds a line to the trail for every rule that does not hold. */
  readonly explain: boolean;
  /** Whether the tree holds this file already. */
  exists(name: FileName): boolean;
  /** The client's MAC address as 12 lower-case digits with "-" between, or null. */
  mac(): string | null;
}

/** A name to go on with, or a refusal; `trail` has a line for every rule that held. */
export type Rewriting =
  | {
    readonly kind: "name";
    readonly name: FileName;
    readonly directory: boolean;
    readonly trail: readonly string[];
  }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly trail: readonly string[] };

/** Compiled rules. */
export interface Rewriter {
  readonly kind: "rewriter";
  rewrite(ask: RewriteAsk): Rewriting;
  /** How often each rule has held, in the order of the rules. */
  hits(): readonly number[];
}

/** Compiles rules; all their faults come back together. */
export function compileRewrite(
  configs: readonly RewriteConfig[],
): Rewriter | { readonly kind: "bad"; readonly faults: readonly RuleFault[] } {
  const faults: RuleFault[] = [];
  const rules: Rule[] = [];
  for (const [index, config] of configs.entries()) {
    const rule = compileRule(config, index, faults);
    if (rule !== null) rules.push(rule);
  }
  if (faults.length > 0) return { kind: "bad", faults };
  const labels = new Map<string, number>();
  for (const [index, { config }] of rules.entries()) {
    if (config.label !== "" && !labels.has(config.label)) labels.set(config.label, index);
  }
  const hits = rules.map(() => 0);
  return {
    kind: "rewriter",
    rewrite: (ask) => new Rewrite(ask, { rules, labels, hits }).run(),
    hits: () => [...hits],
  };
}

interface Compiled {
  readonly rules: readonly Rule[];
  /** Label to index; of two alike the first counts. */
  readonly labels: ReadonlyMap<string, number>;
  readonly hits: number[];
}

/** Longest text of a refusal sent to a client, in UTF-16 units. */
const REFUSAL_CHARS_MAX = 200;

/** The name on its way: raw rules leave text that is not checked until somebody needs it. */
type Current =
  | { readonly kind: "name"; readonly name: FileName; readonly directory: boolean }
  | { readonly kind: "raw"; readonly text: string };

type Step =
  | { readonly kind: "go"; readonly index: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const END = Infinity;

/** One name on its way through the rules. */
class Rewrite {
  readonly #ask: RewriteAsk;
  readonly #compiled: Compiled;
  readonly #trail: RewriteTrail;
  readonly #budget: Budget;
  #current: Current;
  /** What raw rules see until the first rule has changed the name. */
  #sent: string | null;

  constructor(ask: RewriteAsk, compiled: Compiled) {
    this.#ask = ask;
    this.#compiled = compiled;
    this.#trail = new RewriteTrail(ask.explain);
    this.#budget = { left: compiled.rules.length + REWRITE_STEPS_MAX };
    this.#current = { kind: "name", name: ask.name, directory: ask.directory };
    this.#sent = ask.sent;
  }

  run(): Rewriting {
    const { rules } = this.#compiled;
    for (let index = 0; index < rules.length;) {
      if (--this.#budget.left < 0) return this.#refused(this.#tooManySteps());
      const step = this.#step(rules[index]!, index);
      if (step.kind === "refused") return this.#refused(step.refusal);
      index = step.index;
    }
    const name = this.#checked();
    if (name.kind === "bad") return this.#refused(this.#badName("The rules", name.detail));
    return { ...name, trail: this.#trail.lines() };
  }

  #step(rule: Rule, index: number): Step {
    const next: Step = { kind: "go", index: index + 1 };
    const unfit = unfitness(rule, this.#ask);
    if (unfit !== "") {
      this.#trail.passed(rule.title, unfit);
      return next;
    }
    const checked = rule.config.raw ? null : this.#checked();
    if (checked?.kind === "bad") {
      return { kind: "refused", refusal: this.#badName("The rules", checked.detail) };
    }
    const subject = rule.config.raw ? this.#sent ?? this.#text() : this.#text();
    const found = find(rule, subject);
    if ((found === null) !== rule.config.invert) {
      this.#trail.passed(
        rule.title,
        `${quoted(subject)} ${found === null ? "does not match" : "matches"}`,
      );
      return next;
    }
    return this.#kept(rule) ? next : this.#apply(rule, found ?? notFound(subject), index);
  }

  // Asked only after the pattern matched: a look at the tree costs more than a match.
  #kept(rule: Rule): boolean {
    let why = "";
    if (rule.config.when === "missing" && this.#exists()) why = "the file exists";
    else if (rule.needsMac && this.#ask.mac() === null) {
      why = "the MAC address of the client is not known";
    }
    if (why !== "") this.#trail.add(`${rule.title} left ${quoted(this.#text())} alone: ${why}`);
    return why !== "";
  }

  #apply(rule: Rule, found: Found, index: number): Step {
    const { config, title } = rule;
    const before = this.#current;
    const sent = this.#sent;
    const fault = this.#replace(rule, found);
    if (fault?.kind === "failed") return { kind: "refused", refusal: fault };
    if (config.stopIfExists && !this.#exists()) {
      this.#trail.add(`${title} undone: no file ${quoted(this.#text())}`);
      this.#current = before;
      this.#sent = sent;
      return { kind: "go", index: index + 1 };
    }
    this.#compiled.hits[index]!++;
    if (fault !== null) return { kind: "refused", refusal: fault };
    if (rule.refuse !== null) return this.#refuse(rule, found);
    if (rule.jump !== null) return this.#jump(rule, found);
    if (config.restart) {
      this.#trail.add(`${title} starts over`);
      return { kind: "go", index: 0 };
    }
    return { kind: "go", index: config.continue ? index + 1 : END };
  }

  /** Puts the new name in place, or tells why it cannot be one. */
  #replace(rule: Rule, { subject, match }: Found): Refusal | null {
    const { replace, pattern, config, title } = rule;
    if (replace === null) {
      if (rule.refuse === null) this.#trail.add(`${title} matched ${quoted(this.#text())}`);
      return null;
    }
    const render = ({ groups }: PatternMatch) => this.#render(replace, groups);
    const what = config.replaceWhat;
    const made = replaced(what, { pattern, subject, match, render }, this.#budget);
    if (made === null) return this.#tooManySteps();
    this.#trail.add(`${title} matched -> ${quoted(made)}`);
    this.#sent = null;
    this.#current = { kind: "raw", text: made };
    if (config.raw) return null;
    const checked = this.#checked();
    return checked.kind === "name" ? null : this.#badName(capital(title), checked.detail);
  }

  #refuse({ refuse, title }: Rule, { match }: Found): Step {
    const text = this.#render(refuse!, match.groups)
      .replace(/\p{Cc}/gu, " ").slice(0, REFUSAL_CHARS_MAX);
    this.#trail.add(`${title} refused ${quoted(this.#text())}`);
    const detail = `${capital(title)} refuses ${quoted(this.#text())}`;
    const worded = text.trim() === "" ? {} : { text };
    return { kind: "refused", refusal: { kind: "refused-by-rule", detail, ...worded } };
  }

  #jump({ jump, title }: Rule, { match }: Found): Step {
    const label = this.#render(jump!, match.groups);
    const index = this.#compiled.labels.get(label);
    if (index === undefined) {
      const detail = `${capital(title)} jumps to "${label}", and no rule has that label`;
      return { kind: "refused", refusal: { kind: "failed", detail } };
    }
    this.#trail.add(`${title} jumps to "${label}"`);
    return { kind: "go", index };
  }

  #text(): string {
    const current = this.#current;
    if (current.kind === "raw") return current.text;
    return current.directory ? `${current.name}/` : current.name;
  }

  #checked(): NameCheck {
    if (this.#current.kind === "name") return this.#current;
    const checked = checkName(this.#current.text);
    if (checked.kind === "name") this.#current = checked;
    return checked;
  }

  #badName(who: string, why: string): Refusal {
    return { kind: "bad-name", detail: `${who} made ${quoted(this.#text())}, which ${why}` };
  }

  #exists(): boolean {
    const checked = this.#checked();
    return checked.kind === "name" && this.#ask.exists(checked.name);
  }

  #render(template: Template, groups: readonly (string | null)[]): string {
    return template.render(groups, (name) => variable(name, this.#ask));
  }

  #tooManySteps(): Refusal {
    const { length } = this.#compiled.rules;
    const detail =
      `Cannot rewrite ${quoted(this.#ask.name)}: more than ${length + REWRITE_STEPS_MAX} ` +
      "steps; do the rules go round in circles?";
    return { kind: "failed", detail };
  }

  #refused(refusal: Refusal): Rewriting {
    return { kind: "refused", refusal, trail: this.#trail.lines() };
  }
}

/** Why the rule is not for this request, or "". */
function unfitness({ config, networks }: Rule, ask: RewriteAsk): string {
  const { operation, via, family } = config;
  if (operation !== "any" && operation !== ask.operation) return `it is for ${operation} only`;
  if (via !== "any" && via !== ask.via) return `it is for ${via} only`;
  if (family !== "any" && family !== `ipv${ask.client?.family}`) return `it is for ${family} only`;
  return inNetworks(ask.client, networks) ? "" : "it is for other clients";
}

interface Found {
  readonly subject: string;
  readonly match: PatternMatch;
}

// A pattern sees the name as checked, without a leading "/" whatever the client sent, so that one
// rule fits TFTP and HTTP alike. A pattern with a "/" in it that does not match is tried once more
// on the name with a leading "/", so that `^/boot/` and `/x$` mean what they seem to.
function find({ pattern, config }: Rule, subject: string): Found | null {
  const match = pattern.find(subject);
  if (match !== null) return { subject, match };
  if (config.raw || !pattern.text.includes("/")) return null;
  const slashed = `/${subject}`;
  const second = pattern.find(slashed);
  return second === null ? null : { subject: slashed, match: second };
}

function notFound(subject: string): Found {
  return { subject, match: { start: 0, end: subject.length, groups: [] } };
}

function variable(name: TemplateVariable, ask: RewriteAsk): string {
  switch (name) {
    case "port":
      return String(ask.port);
    case "mac":
      return ask.mac() ?? "";
    case "mac-hex":
      return ask.mac()?.replaceAll("-", "") ?? "";
    case "ip":
      return ask.client === null ? "" : addressText(ask.client);
    case "ip-hex":
      return ask.client === null ? "" : addressHex(ask.client);
  }
}

function capital(title: string): string {
  return `R${title.slice(1)}`;
}
