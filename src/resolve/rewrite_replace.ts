// What a rule makes of a text: in place of the whole, of its first match, of every match, or of the
// first match until there is none left.
import type { Pattern, PatternMatch } from "../match/pattern.ts";
import { RENDERED_CHARS_MAX } from "../match/template.ts";

/** How often a pattern may still be tried for one request; whoever tries takes from it. */
export interface Budget {
  left: number;
}

/** A match and where to put what. */
export interface Replacing {
  readonly pattern: Pattern;
  /** The text that the pattern has matched. */
  readonly subject: string;
  readonly match: PatternMatch;
  /** What takes the place of a match. */
  render(match: PatternMatch): string;
}

/** The new text; null once the budget is spent. It may be far too long, but is never endless. */
export function replaced(
  what: "name" | "first" | "all" | "repeat",
  replacing: Replacing,
  budget: Budget,
): string | null {
  const { subject, match, render } = replacing;
  switch (what) {
    case "name":
      return render(match);
    case "first":
      return spliced(subject, match, render(match));
    case "all":
      return all(replacing, budget);
    case "repeat":
      return repeat(replacing, budget);
  }
}

function spliced(text: string, { start, end }: PatternMatch, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

// As `s/…/…/g` of sed: what has been put in is not looked at again, `^` holds at the start only.
function all({ pattern, subject, match, render }: Replacing, budget: Budget): string | null {
  let made = "";
  let from = 0;
  for (let next: PatternMatch | null = match; next !== null;) {
    if (--budget.left < 0) return null;
    made += subject.slice(from, next.start) + render(next);
    from = next.end;
    if (made.length > RENDERED_CHARS_MAX) return made;
    // After an empty match one character is passed over, or it would be found again for ever.
    next = pattern.find(subject, next.end === next.start ? next.end + 1 : next.end);
  }
  return made + subject.slice(from);
}

function repeat({ pattern, subject, match, render }: Replacing, budget: Budget): string | null {
  let made = subject;
  for (let next: PatternMatch | null = match; next !== null; next = pattern.find(made)) {
    if (--budget.left < 0) return null;
    made = spliced(made, next, render(next));
    if (made.length > RENDERED_CHARS_MAX) return made;
  }
  return made;
}
