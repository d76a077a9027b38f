// The command line as its users meet it: exit codes, which stream, which words.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bootsrv } from "./running.ts";

const folder = mkdtempSync(join(tmpdir(), "bootsrv-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const good = join(folder, "good.toml");
writeFileSync(good, 'root = "tree"\n[tftp]\nport = 6969\n');
const broken = join(folder, "broken.toml");
writeFileSync(broken, '[tftp]\nblksize = 1468\nport = "69"\n');

const MISTAKES: readonly (readonly [readonly string[], string])[] = [
  [["--tftp-prot", "3"], 'Unknown option "--tftp-prot": did you mean "--tftp-port"?'],
  [["chekc"], 'Unknown command "chekc": did you mean "check"?'],
  [["serve", "x"], 'Unexpected argument "x"'],
  [["--root", "x", "check"], 'Unexpected argument "check": the command comes first'],
  [["get", "tftp://h/x", "y", "z"], 'Unexpected argument "y"'],
  [["get"], 'Missing argument "url"'],
  [["get", "tftp://h/x", "--blksize", "3"], "must be an integer from 8 to 65464"],
  [["get", "tftp://h/x", "--mode", "mail"], "must be one of octet, netascii"],
  [["get", "u", "--multicast", "--mtftp", "239.0.0.1:1:2"], "cannot be used together"],
  [["get", "u", "--mtftp", "10.0.0.1:1:2"], "must be a multicast address and two ports"],
  [["put", "file"], 'Missing argument "url"'],
  [["--root"], 'Option "--root <folder>" needs a value'],
  [["completions", "tcsh"], "must be one of zsh, bash, fish, powershell"],
  [["rewrite-test", "--client", "host", "x"], "must be a numeric address"],
];

for (const [args, words] of MISTAKES) {
  test(`bootsrv ${args.join(" ")}: exit code 2 and a way out`, async () => {
    const { code, stdout, stderr } = await bootsrv(args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.ok(stderr.includes(words), stderr);
    assert.match(stderr, /See "bootsrv.* --help"\n$/);
  });
}

test("--version says name, version and runtime", async () => {
  const { code, stdout } = await bootsrv(["--version"]);
  assert.equal(code, 0);
  assert.match(stdout, /^bootsrv \d+\.\d+\.\d+ \((Deno|Bun) \S+, \S+ \S+\)\n$/);
});

test("--help names the commands, the common flags, the variables, exit codes, examples", async () => {
  const { code, stdout, stderr } = await bootsrv(["--help"]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (
    const words of [
      "serve",
      "check",
      "rewrite-test",
      "get",
      "put",
      "schema",
      "completions",
      "--root",
      "--single-port",
      "--ready-file",
      "BOOTSRV_TFTP_PORT",
      "Exit codes",
      "Examples:",
    ]
  ) {
    assert.ok(stdout.includes(words), words);
  }
});

test("serve --help lists the flag of every setting", async () => {
  const { stdout } = await bootsrv(["serve", "--help"]);
  for (const flag of ["--tftp-driver", "--no-http-listing", "--limits-transfers-max"]) {
    assert.ok(stdout.includes(flag), flag);
  }
});

test("serving without a root exits 2 and says how to give one", async () => {
  for (const args of [[], ["serve"], ["--tftp-port", "0"]]) {
    const { code, stderr } = await bootsrv(args, { cwd: folder });
    assert.equal(code, 2);
    for (const way of ["--root", "BOOTSRV_ROOT", "root ="]) assert.ok(stderr.includes(way), way);
  }
});

test("serving with a broken configuration exits 2 with every fault", async () => {
  const { code, stderr } = await bootsrv([
    "--root",
    folder,
    "--config",
    broken,
    "--http-port",
    "x",
  ]);
  assert.equal(code, 2);
  assert.ok(stderr.includes('2:1: Unknown key "blksize" in [tftp]: did you mean "blksize-max"?'));
  assert.ok(stderr.includes('3:8: "port" in [tftp] must be a port'));
  assert.ok(stderr.includes("--http-port must be a port"));
});

test("check: valid and broken files", async () => {
  const valid = await bootsrv(["check", "--config", good]);
  assert.deepEqual(valid, { code: 0, stdout: `Configuration is valid: ${good}\n`, stderr: "" });
  const bad = await bootsrv(["check", "-c", "broken.toml"], { cwd: folder });
  assert.equal(bad.code, 2);
  assert.equal(bad.stdout, "");
  assert.match(bad.stderr, / {2}2 \| blksize = 1468\n {4}\| \^{7}\n/);
});

test("check: a file that is a directory, or not there", async () => {
  const directory = await bootsrv(["check", "--config", folder]);
  assert.equal(directory.code, 2);
  assert.ok(directory.stderr.includes("it is a directory"), directory.stderr);
  const missing = await bootsrv(["check"], { env: { BOOTSRV_CONFIG: join(folder, "none") } });
  assert.equal(missing.code, 2);
  assert.ok(missing.stderr.includes("no such file"), missing.stderr);
});

test("check: a misspelt variable is a warning, no fault", async () => {
  const { code, stderr } = await bootsrv(["check", "-c", good], { env: { BOOTSRV_ROT: "/" } });
  assert.equal(code, 0);
  const warning = 'Unknown environment variable "BOOTSRV_ROT": did you mean "BOOTSRV_ROOT"?';
  assert.equal(stderr, `warning: ${warning}\n`);
});

test("check: a hook that cannot be run", async () => {
  const hook = "/no/such/program";
  const { code, stderr } = await bootsrv(["check", "--hooks-transfer-end", hook], { cwd: folder });
  assert.equal(code, 2);
  assert.equal(stderr, `Cannot run "${hook}", the "transfer-end" of [hooks]: it is not there\n`);
});

test("check --print gives TOML alone on standard output, which checks in turn", async () => {
  const printed = await bootsrv(["check", "-c", good, "--print", "--single-port"], {
    env: { BOOTSRV_TFTP_RETRIES: "9" },
  });
  assert.equal(printed.code, 0);
  assert.ok(printed.stdout.startsWith(`root = ${JSON.stringify(join(folder, "tree"))}`));
  for (
    const line of ["single-port = true  # --single-port", "retries = 9  # BOOTSRV_TFTP_RETRIES"]
  ) {
    assert.ok(printed.stdout.includes(line), line);
  }
  const again = join(folder, "again.toml");
  writeFileSync(again, printed.stdout);
  assert.equal((await bootsrv(["check", "-c", again])).code, 0);
});

test("rewrite-test takes names, or lines, and the flags of the configuration", async () => {
  const tree = join(folder, "tree");
  mkdirSync(tree);
  writeFileSync(join(tree, "master.conf"), "hello");
  const rules = join(folder, "rules.toml");
  writeFileSync(rules, "[[rewrite]]\nmatch = '^\\w+\\.conf$'\nreplace = 'master.conf'\n");
  const args = ["rewrite-test", "--config", rules, "--root", tree];
  const named = await bootsrv([...args, "a.conf"]);
  assert.equal(named.code, 0, named.stderr);
  assert.match(named.stdout, /^a\.conf\n/);
  assert.ok(named.stdout.includes("master.conf"));
  const piped = await bootsrv(args, { input: "b.conf\r\nc.conf\n" });
  assert.match(piped.stdout, /^b\.conf\n[^]*^c\.conf\n/m);
  assert.equal((await bootsrv(["rewrite-test", "a.conf"])).code, 2);
});

test("schema prints a JSON Schema", async () => {
  const { code, stdout } = await bootsrv(["schema"]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).properties.root.type, "string");
});

test("completions know commands, flags and values", async () => {
  const script = await bootsrv(["completions", "bash"]);
  assert.equal(script.code, 0);
  assert.ok(script.stdout.includes("bootsrv complete --"));
  assert.match((await bootsrv(["complete", "--", "chec"])).stdout, /^check\t/m);
  assert.match(
    (await bootsrv(["complete", "--", "serve", "--tftp-dr"])).stdout,
    /^--tftp-driver\t/m,
  );
  const values = await bootsrv(["complete", "--", "serve", "--tftp-driver", ""]);
  assert.match(values.stdout, /^portable\t/m);
});
