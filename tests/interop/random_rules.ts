// Rule files of other daemons, made at random from the constructs that all engines have, and such
// that no daemon loops for ever on them.

/** Picks one of these. */
export type Pick = <T>(options: readonly T[]) => T;

/** Always the same picks for the same seed. */
export function random(seed: number): Pick {
  let state = (seed * 2654435761 + 1) >>> 0;
  return (options) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return options[(state >>> 0) % options.length]!;
  };
}

/** A map file of tftpd-hpa 5.2. Neither g nor s: that release does not end all loops. */
export function mapRules(pick: Pick): string {
  return lines(pick, () => {
    const operations = pick(["r", "r", "r", "ri", "re", "e", "Gr", "4r", "Pr", "a~", "rie"]);
    const { regex, groups } = expression(pick, ["", "", "*", "+", "?", "{1,2}"]);
    const inverted = operations.includes("~");
    const parts = ["a", "b", "x/", "\\0", "\\U", "\\L", "\\E", ...groups.map((n) => `\\${n}`)];
    const replacement = operations.includes("r") ? sequence(pick, parts) : "";
    return `${operations} ${inverted ? "[abx]" : regex} ${replacement}`;
  });
}

/** A PCRE file of atftpd 0.8, without groups that may be unset: it serves them another's file. */
export function atftpdRules(pick: Pick): string {
  return lines(pick, () => {
    const { regex, groups } = expression(pick, ["", "", "*", "+", "?", "*?", "+?", "{1,2}"]);
    const replacement = sequence(pick, ["a", "b", "x/", "$0", ...groups.map((n) => `\${${n}}`)]);
    return `${regex} ${replacement}`;
  });
}

function lines(pick: Pick, make: () => string): string {
  const count = pick([1, 2, 3, 4]);
  return Array.from({ length: count }, () => `${make()}\n`).join("");
}

function sequence(pick: Pick, parts: readonly string[]): string {
  return Array.from({ length: pick([1, 2, 3]) }, () => pick(parts)).join("");
}

// Every group takes part in every match.
function expression(pick: Pick, quantifiers: readonly string[]) {
  const groups: number[] = [];
  let regex = pick(["", "^", "^"]);
  for (let atoms = pick([1, 2, 3]); atoms > 0; atoms--) {
    const atom = pick(["a", "b", "x/", ".", "[ab]", "[^a]", "(?:", "A"]);
    const quantified = atom === "(?:"
      ? pick(["(a|ab)", "(b|ba|bab)", "(a|b)"])
      : atom.length > 1 && !atom.startsWith("[")
      ? atom
      : atom + pick(quantifiers);
    const grouped = quantified.startsWith("(") || pick([true, false]);
    if (grouped) groups.push(groups.length + 1);
    regex += grouped && !quantified.startsWith("(") ? `(${quantified})` : quantified;
  }
  return { regex: regex + pick(["", "", "$"]), groups };
}
