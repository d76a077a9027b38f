// A row of [[rewrite]]: its keys, and what they must not be together.
import * as v from "valibot";
import { compilePattern } from "../match/pattern.ts";
import { compileTemplate } from "../match/template.ts";
import * as f from "./fields.ts";

const { key, required } = f;

/** The keys that say where it goes on after a rule that held; one at most. */
const WAYS = ["stop", "stop-if-exists", "continue", "restart", "jump", "refuse"] as const;

const ROW = v.strictObject({
  label: key(f.text(), { fallback: "", text: 'What "jump" calls this rule.' }),
  match: required(f.pattern(), "Regular expression over the name, in RE2 syntax."),
  "ignore-case": key(f.flag(), {
    fallback: false,
    text: "Letter case makes no difference to the match.",
  }),
  longest: key(f.flag(), {
    fallback: false,
    text: "Of several matches take the longest, as POSIX tools do, not the first alternative.",
  }),
  invert: key(f.flag(), {
    fallback: false,
    text: "The rule holds where the expression does not match.",
  }),
  raw: key(f.flag(), {
    fallback: false,
    text: "Look at the name as the client sent it: leading slash, backslashes and all.",
  }),
  replace: key(f.text(), {
    fallback: "",
    text: "What takes the place of the name: $0 to $9, ${name}, {ip}, {ip-hex}, {port}, {mac}, " +
      "{mac-hex}, \\U \\L \\E.",
  }),
  "replace-what": key(f.choice(["name", "first", "all", "repeat"]), {
    fallback: "name",
    text: "What is replaced: the whole name, the first match, all matches, or the first match " +
      "again and again until there is none.",
  }),
  when: key(f.choice(["always", "missing"]), {
    fallback: "always",
    text: 'Try this rule always, or only where the name as it is gives no file ("missing").',
  }),
  operation: key(f.choice(["read", "write", "any"]), {
    fallback: "read",
    text: "Requests this holds for.",
  }),
  via: key(f.choice(["tftp", "http", "any"]), {
    fallback: "any",
    text: "Protocols this holds for.",
  }),
  family: key(f.choice(["ipv4", "ipv6", "any"]), {
    fallback: "any",
    text: "Address families of the clients this holds for.",
  }),
  clients: f.clients(),
  stop: key(f.flag(), {
    fallback: false,
    text: 'End here, which a rule with "replace" does anyway.',
  }),
  "stop-if-exists": key(f.flag(), {
    fallback: false,
    text: "End here if the name made is a file; else undo it and go on with the next rule.",
  }),
  continue: key(f.flag(), {
    fallback: false,
    text: "Go on with the next rule after this one has held.",
  }),
  restart: key(f.flag(), { fallback: false, text: "Go on with the first rule." }),
  jump: key(f.text(), {
    fallback: "",
    text: 'Go on with the rule of this "label"; groups and facts as in "replace".',
  }),
  refuse: key(f.text(), {
    fallback: "",
    text: 'Refuse the request with this text; groups and facts as in "replace".',
  }),
});

type Row = v.InferOutput<typeof ROW>;

/** What is wrong: the key, or null for the row as a whole, and the end of the sentence. */
interface RowFault {
  readonly key: keyof Row | null;
  readonly message: string;
}

/** The schema of a row. */
export const RewriteRow: typeof ROW = v.pipe(
  ROW,
  v.rawCheck<Row>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const input = dataset.value as Record<string, unknown>;
    for (const { key, message } of faultsOf(dataset.value)) {
      if (key === null) addIssue({ message });
      else {
        const at = { type: "object", origin: "value", input, key, value: input[key] } as const;
        addIssue({ message, path: [at] });
      }
    }
  }),
) as unknown as typeof ROW;

function faultsOf(row: Row): readonly RowFault[] {
  const ways = WAYS.filter((way) => row[way] !== false && row[way] !== "");
  const faults: RowFault[] = ways.slice(1).map((key) => ({
    key,
    message: `cannot be used with "${ways[0]}": both say where to go on`,
  }));
  if (row.replace === "" && row["replace-what"] === "name" && ways.length === 0) {
    const keys = WAYS.map((way) => `"${way}"`).join(", ");
    faults.push({ key: null, message: `does nothing: it needs "replace" or one of ${keys}` });
  }
  if (row.invert && row["replace-what"] !== "name") {
    const message = 'cannot be used with "invert": there is no match to replace';
    faults.push({ key: "replace-what", message });
  }
  return [...faults, ...templateFaults(row)];
}

function templateFaults(row: Row): readonly RowFault[] {
  const pattern = compilePattern(row.match);
  if (pattern.kind === "bad") return [];
  return (["replace", "refuse", "jump"] as const).flatMap((key): readonly RowFault[] => {
    const template = compileTemplate(row[key], pattern);
    const what = key === "replace" ? "replacement" : "template";
    if (template.kind === "bad") {
      return [{ key, message: `is not a valid ${what}: ${template.detail}` }];
    }
    if (!row.invert || !template.asksGroups) return [];
    return [{ key, message: 'names a group, and with "invert" there is no match to take it from' }];
  });
}
