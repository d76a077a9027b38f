// Labels and jumps of [[rewrite]] rules, which only make sense together.
import { closest } from "../match/distance.ts";
import { compilePattern } from "../match/pattern.ts";
import { compileTemplate } from "../match/template.ts";
import type { RewriteConfig } from "./config.ts";
import type { Conflict } from "./conflict.ts";
import { quote } from "./text.ts";

/** Jumps to labels that no rule has, and labels that two rules have. */
export function rewriteConflicts(rules: readonly RewriteConfig[]): readonly Conflict[] {
  const first = new Map<string, number>();
  const conflicts: Conflict[] = [];
  for (const [index, { label }] of rules.entries()) {
    const twin = first.get(label);
    if (label === "") continue;
    if (twin === undefined) first.set(label, index);
    else {
      conflicts.push({
        path: ["rewrite", index, "label"],
        with: [["rewrite", twin, "label"]],
        message: `[[rewrite]] ${index + 1} has the label ${quote(label)}, ` +
          `as [[rewrite]] ${twin + 1} does`,
        hint: "Rename one of them",
      });
    }
  }
  const labels = [...first.keys()];
  for (const [index, rule] of rules.entries()) {
    const label = fixedLabel(rule);
    if (label === null || first.has(label)) continue;
    const near = closest(label, labels, Math.max(1, Math.floor(label.length / 3)));
    conflicts.push({
      path: ["rewrite", index, "jump"],
      with: [],
      message: `[[rewrite]] ${index + 1} jumps to ${quote(label)}, and no rule has that label`,
      hint: near === null
        ? `Labels: ${labels.map(quote).join(", ") || "none"}`
        : `Did you mean ${quote(near)}?`,
    });
  }
  return conflicts;
}

/** The label jumped to, or null where there is no jump or it depends on the request. */
function fixedLabel({ jump, match }: RewriteConfig): string | null {
  const pattern = compilePattern(match);
  if (jump === "" || pattern.kind === "bad") return null;
  const template = compileTemplate(jump, pattern);
  if (template.kind === "bad" || template.asksGroups || template.variables.size > 0) return null;
  return template.render([], () => "");
}
