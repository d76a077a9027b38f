// The same names through the real atftpd and in.tftpd with their rules, and through bootsrv with
// the imported ones, give the same files. Each file holds its own name.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { unpackedProgram } from "../../scripts/lib/apt.ts";
import { isRoot } from "../../scripts/lib/project.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { type DaemonName, importFrom } from "../../src/import/import.ts";
import { freePort } from "./free_ports.ts";
import * as harness from "./harness.ts";
import { atftpdRules, mapRules, random } from "./random_rules.ts";
import { encodeRequest } from "./raw_reader.ts";

const PROGRAMS = { atftpd: "atftpd", "tftpd-hpa": "in.tftpd" } as const;
const program = (daemon: keyof typeof PROGRAMS) => unpackedProgram(daemon, PROGRAMS[daemon]);

const missing = (Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[])
  .filter((daemon) => program(daemon) === null);
const SKIP = harness.skipIf(!isRoot(), "the daemons change their user, which needs root") ||
  harness.skipIf(missing.length > 0, `no "${missing.join('", "')}" here; see deno task setup`);

/** Names in the tree; directories come of themselves. */
const FILES: readonly string[] = [
  ...["a", "b", "ab", "ba", "aa", "bb", "AB", "Ab", "aB", "abc", "x/a", "x/b", "x/ab", "x/AB"],
  ...["pxelinux.0", "pxelinux.cfg/default", "linux", "replaced1", "replaced2", "master.conf"],
  ...["replaced2ing", "zreplaced3", "mace", "zzmacezz", "7F000001/cfg", "127.0.0.1/cfg", "b-b-b"],
  ...[
    "tftpboot/a",
    "ok/fine",

    "@file",
    "secret.pvt",
    "two",
    "onetwo",
    "star*",
    "back/slash",
  ],
];

/** Names asked for, whatever the rules are. */
const NAMES: readonly string[] = [
  ...FILES,
  ...["none", "x/none", "/a", "/x/ab", "//a", "x//a", "./a", "aBa", "bab", "abab", "aaaa", "abb"],
  ...["str", "string", "zstr", "replace", "zzreplacezz", "x.conf", "y.conf.old", "default"],
  ...["ppxelinux.0", "pxelinux.cfg/0A", "pxelinux.cfg/C0A80001", "cfg", "a-a-a"],
  ...["#file", "case-ab", "Case-AB", "up-ab", "low-AB", "one", "onex", "/tftpboot/a", "ok/none"],
];

/**
 * Names as firmware from Windows types them. Both daemons take a drive and a backslash for part of
 * a file's name unless a rule does away with them, bootsrv never does.
 */
const WINDOWS_NAMES: readonly string[] = ["C:a", "c:\\x\\a", "x\\ab", "\\x\\b"];

/** Map files and what they are for. */
const MAPS: readonly {
  readonly label: string;
  readonly text: string;
  readonly secure?: boolean;
  readonly names?: readonly string[];
}[] = [
  { label: "no rules", text: "" },
  { label: "the sample of tftpd-hpa", text: sample("/"), names: WINDOWS_NAMES },
  { label: "the sample of tftpd-hpa, without --secure", text: sample("ROOT/"), secure: false },
  {
    label: "case operators",
    text:
      "r ^case-(.*)$ \\U\\1\nr ^up-(.)(.) \\U\\1\\E\\2\nri ^Case-(.*) x/\\L\\1\nr ^low-(.*)$ \\L\\1\n",
  },
  { label: "the client's address", text: "r ^cfg$ \\x/\\0\nr ^default$ \\i/cfg\n" },
  { label: "several rules on one name", text: "r one two\nr ^twox$ two\nr b a\nr ^a b\n" },
  {
    label: "ends, inversions and refusals",
    text: "e ^x/\na~ [ab]\na \\.pvt$ Private\nr ^ab$ ba\n",
  },
  { label: "again and again", text: "rg a b\nrg // /\n" },
  { label: "restart", text: "r ^never$ x\nr ^ab$ b\nrs ^aab?a?$ ab\n" },
  { label: "operations and families", text: "4r ^a$ b\n6r ^b$ a\nGr ^ba$ ab\nPr ^bb$ aa\n" },
  { label: "the longest alternative", text: "r a|ab|abc x/a\nr ^(b|ba)(a|b)?$ x/b\n" },
  {
    label: "escapes that are letters",
    text: "r a\\dc b\nr [\\.]conf /\nr \\<one\\> two\nri ^[A-Z]: x/\n",
  },
  { label: "empty replacements", text: "r ^(str|p)\nr -.*$\n" },
];

function sample(folder: string): string {
  return `ri ^[a-z]:
rg \\\\ /   # slashes
rg \\# @
e ^ok/
r ^[^/] ${folder}\\0
a \\.pvt$
`;
}

const PCRE_FILES: readonly { readonly label: string; readonly text: string }[] = [
  {
    label: "the sample of atftpd",
    text: `^[p]?pxelinux.cfg/[0-9A-F]{1,6}$      pxelinux.cfg/default
^[p]?pxelinux.0$                      pxelinux.0
linux                                 linux
^str$                                 replaced1
^str                                  replaced2
str$                                  replaced3
repl(ace)                             m$1
^\\w*\\.conf$                         master.conf
`,
  },
  {
    label: "groups by number and name",
    text: "^(?<one>a)(b)x?$ $2${one}\n^z(.*)$ ${1}\nx(.) $0$$\n",
  },
  {
    label: "letter case, classes, lazy matches",
    text: "(?i)^CASE-(.+?)$ $1\n^[[:alpha:]]+?-(\\w) $1\n",
  },
];

const folder = SKIP === false ? temporaryFolder("interop") : null;
const root = join(folder?.path ?? "", "tree");

describe("Rules of other daemons, imported", { skip: SKIP }, () => {
  before(() => {
    chmodSync(folder!.path, 0o755);
    for (const name of FILES) {
      const path = join(root, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, name);
    }
  });
  after(() => folder?.remove());

  for (const { label, text, secure = true, names = [] } of MAPS) {
    test(`in.tftpd and bootsrv serve the same files: ${label}`, async () => {
      await compare("tftpd-hpa", { rules: text.replaceAll("ROOT", root), secure, names });
    });
  }

  for (const { label, text } of PCRE_FILES) {
    test(`atftpd and bootsrv serve the same files: ${label}`, async () => {
      await compare("atftpd", { rules: text, secure: true, names: [] });
    });
  }

  for (const [daemon, make] of [["tftpd-hpa", mapRules], ["atftpd", atftpdRules]] as const) {
    test(`${daemon} and bootsrv serve the same files by any rules`, async () => {
      // The same rules in every run; another seed tries others.
      const seed = Number(process.env.BOOTSRV_SEED ?? 1);
      const pick = random(seed);
      for (let round = 0; round < 6; round++) {
        await compare(daemon, { rules: make(pick), secure: true, names: [] });
      }
    });
  }
});

interface Trial {
  readonly rules: string;
  readonly secure: boolean;
  /** Names to ask for besides those that every trial asks for. */
  readonly names: readonly string[];
}

async function compare(daemon: keyof typeof PROGRAMS, trial: Trial): Promise<void> {
  const rules = join(folder!.path, "rules");
  writeFileSync(rules, trial.rules);
  const whole = trial.secure ? [] : FILES.map((name) => join(root, name));
  const names = [...NAMES, ...trial.names, ...whole];
  const theirs = await askDaemon(daemon, { ...trial, names, rules });
  const ours = await askBootsrv(daemon, { ...trial, names, rules });
  assert.deepEqual(ours, theirs, trial.rules);
}

interface Asking extends Trial {
  /** Path of the rule file. */
  readonly rules: string;
}

async function askDaemon(daemon: keyof typeof PROGRAMS, asking: Asking): Promise<Answers> {
  const port = await freePort();
  const child = spawn(program(daemon)!, daemonArgs(daemon, asking, port), { stdio: "ignore" });
  try {
    await answering(port, child);
    return await askAll(port, asking.names);
  } finally {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await Promise.race([gone, harness.delay(5_000)]);
    child.kill("SIGKILL");
  }
}

function daemonArgs(
  daemon: keyof typeof PROGRAMS,
  { rules, secure }: Asking,
  port: number,
): readonly string[] {
  if (daemon === "atftpd") {
    const common = ["--daemon", "--no-fork", "--user", "nobody.nogroup", "--logfile", "/dev/null"];
    return [...common, "--bind-address", HOST, "--port", `${port}`, "--pcre", rules, root];
  }
  const common = ["-4", "-L", "-a", `${HOST}:${port}`, "-m", rules, ...(secure ? ["-s"] : [])];
  return [...common, root];
}

async function askBootsrv(daemon: DaemonName, { names, rules, secure }: Asking): Promise<Answers> {
  const config = join(folder!.path, "imported.toml");
  const files = [{ source: rules, text: readFileSync(rules, "utf8") }];
  const args = secure ? null : `-L ${root}`;
  const { toml, notes } = importFrom(daemon, { files, args, release: "", readFile: () => null });
  assert.deepEqual(notes, []);
  // Who the process runs as has no part in which file a name is.
  writeFileSync(config, toml.replace(/^(?:user|group|chroot|umask) = .*\n/gm, ""));
  const options = ["--config", config, ...harness.UNLIMITED];
  const server = await harness.startServer({ root, args: options });
  try {
    return await askAll(server.tftpPort, names);
  } finally {
    await server.stop();
  }
}

/** By name: the name of the file that came, or "refused". */
type Answers = Readonly<Record<string, string>>;

const HOST = "127.0.0.1";

async function askAll(port: number, names: readonly string[]): Promise<Answers> {
  const answers: Record<string, string> = {};
  // One after the other: atftpd remembers what the last one asked for.
  for (const name of names) answers[name] = await ask(port, name) ?? "silence";
  return answers;
}

/** The first answer, or null where none came in time. */
function ask(port: number, name: string, waitMs = 20_000): Promise<string | null> {
  const socket = createSocket("udp4");
  const answer = Promise.withResolvers<string | null>();
  socket.on("error", () => answer.resolve(null));
  socket.on("message", (bytes, from) => {
    const isData = bytes[1] === 3;
    // An ERROR ends the transfer on the other side, too.
    // No file is empty: atftpd sends directories as if they were empty files.
    const text = isData && bytes.length > 4 ? bytes.subarray(4).toString() : "refused";
    const done = () => answer.resolve(text);
    if (isData) socket.send(new Uint8Array([0, 5, 0, 0, 0]), from.port, HOST, done);
    else done();
  });
  socket.bind(0, HOST, () => socket.send(encodeRequest(1, [name, "octet"]), port, HOST));
  const timer = setTimeout(() => answer.resolve(null), waitMs);
  return answer.promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  // What is sent before it listens is lost. Longer and longer, for a machine on which it is slow.
  for (let waitMs = 50; waitMs < 20_000 && child.exitCode === null; waitMs *= 1.5) {
    if (await ask(port, "no such file", waitMs) !== null) return;
  }
  throw new Error(`"${child.spawnfile}" does not answer, exit code ${child.exitCode}`);
}
