// The prompt of old clients, fed line by line, against a server on 127.0.0.1.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { completions, runPrompt } from "../../src/client/prompt.ts";
import { initialState } from "../../src/client/prompt_state.ts";
import { fakeEnvironment, getOptions, withDirectory } from "./fake_environment.ts";
import { FakeServer, testBytes } from "./fake_server.ts";

/** Runs these lines; gives the exit code and what was said. */
async function prompt(lines: readonly string[], isTerminal = false) {
  const printed: string[] = [];
  const complained: string[] = [];
  let said = "";
  const { url: _url, output: _output, mtftp: _mtftp, multicast: _multicast, ...settings } =
    getOptions("");
  const state = initialState(settings, {
    server: null,
    print: (text) => void printed.push(text),
    complain: (text) => void complained.push(text),
    environment: () => fakeEnvironment({ onStderr: (text) => said += text }),
  });
  const rest = [...lines];
  let closed = false;
  const code = await runPrompt(state, {
    isTerminal,
    next: () => Promise.resolve(rest.shift() ?? null),
    close: () => closed = true,
  });
  assert.ok(closed);
  return { code, printed: printed.join("\n"), complained, said, rest };
}

async function withServer(use: (server: FakeServer, directory: string) => Promise<void>) {
  const server = new FakeServer();
  await server.start();
  try {
    await withDirectory((directory) => use(server, directory));
  } finally {
    await server.stop();
  }
}

test("The prompt connects, fetches and sends", async () => {
  await withServer(async (server, directory) => {
    server.files.set("boot/x", testBytes(3000));
    const x = join(directory, "x y");
    const { code, complained } = await prompt([
      "# comments and empty lines are nothing",
      "",
      `connect 127.0.0.1 ${server.port}`,
      `get boot/x "${x}"`,
      `PUT '${x}' up`,
      `put "${x}"`,
      "quit",
      "get this-is-not-asked-for",
    ]);
    assert.deepEqual([code, complained], [0, []]);
    assert.deepEqual(new Uint8Array(readFileSync(x)), testBytes(3000));
    assert.deepEqual([...server.files.keys()], ["boot/x", "up", "x y"]);
    assert.deepEqual(server.requests.map(({ op }) => op), ["rrq", "wrq", "wrq"]);
  });
});

test("get takes two names as one file and its place, more as files; put takes the last for a folder", async () => {
  await withServer(async (server, directory) => {
    const before = process.cwd();
    process.chdir(directory);
    try {
      for (const name of ["dir/a", "dir/b", "c"]) server.files.set(name, testBytes(10));
      const { code } = await prompt([
        `connect 127.0.0.1 ${server.port}`,
        "get dir/a dir/b c",
        "put a b c up/",
      ]);
      assert.equal(code, 0);
      assert.deepEqual(server.requests.map(({ name }) => name), [
        ...["dir/a", "dir/b", "c", "up/a", "up/b", "up/c"],
      ]);
    } finally {
      process.chdir(before);
    }
  });
});

test("A host before a colon is asked instead of the connected one, a drive letter is no host", async () => {
  await withServer(async (server) => {
    server.files.set("C:\\x", testBytes(10));
    server.files.set("x", testBytes(10));
    const lines = [`connect 192.0.2.1 ${server.port}`, "get 127.0.0.1:x -", "connect [::1] 1"];
    const more = [`connect 127.0.0.1 ${server.port}`, "get C:\\x -"];
    assert.equal((await prompt([...lines, ...more])).code, 0);
    assert.deepEqual(server.requests.map(({ name }) => name), ["x", "C:\\x"]);
  });
});

test("Settings of the prompt are what its transfers ask with", async () => {
  await withServer(async (server) => {
    server.files.set("x", testBytes(10));
    const connect = `connect 127.0.0.1 ${server.port}`;
    const rows: [string[], string, string][] = [
      [[], "octet", "tsize=0 blksize=1468 windowsize=16"],
      [["ascii"], "netascii", "blksize=1468 windowsize=16"],
      [["mode netascii", "binary"], "octet", "tsize=0 blksize=1468 windowsize=16"],
      [["blksize 512", "windowsize off", "tsize"], "octet", "blksize=512"],
      [
        ["option blksize 1024", "disable tsize", "option disable windowsize"],
        "octet",
        "blksize=1024",
      ],
      [["blksize off", "windowsize 4", "rexmt 3", "tsize off"], "octet", "timeout=3 windowsize=4"],
      [["blksize 9", "blksize auto", "tsize off", "win off"], "octet", "blksize=1468"],
      [["multicast on", "tsize off"], "octet", "blksize=1468 multicast="],
      [["option multicast", "multicast", "tsize off"], "octet", "blksize=1468 windowsize=16"],
    ];
    for (const [lines, mode, options] of rows) {
      const { code } = await prompt([connect, ...lines, "get x -"]);
      const request = server.requests.at(-1)!;
      const asked = request.options.map(({ name, value }) => `${name}=${value}`).join(" ");
      assert.deepEqual([code, request.mode, asked], [0, mode, options], lines.join("; "));
    }
  });
});

test("A command that fails gives exit code 1 from a pipe, and the others are done all the same", async () => {
  await withServer(async (server) => {
    server.files.set("x", testBytes(10));
    const lines = [`connect 127.0.0.1 ${server.port}`, "get nope -", "get x -"];
    const piped = await prompt(lines);
    assert.equal(piped.code, 1);
    assert.match(piped.said, /Server refused "nope": File not found[^]*x: 10 bytes/);
    assert.equal((await prompt(lines, true)).code, 0);
  });
});

test("What cannot be understood is said, and nothing is done", async () => {
  const rows: [string, RegExp][] = [
    ["fetch x", /^Unknown command "fetch": "\?" lists all$/],
    ["m octet", /^Command "m" is ambiguous: "mget", "mode", "multicast", "mtftp"$/],
    ['get "x', /^A quotation mark is not closed$/],
    ["get x", /^No server for "x": connect to one, or write HOST:FILE$/],
    ["put /etc/hostname", /^No server for "hostname"/],
    ["get", /^Usage: get /],
    ["put", /^Usage: put /],
    ["connect", /^Usage: connect HOST \[PORT\]$/],
    ["connect h 0", /^Usage: connect/],
    ["mode mail", /^Mode "mail" is neither octet nor netascii$/],
    ["blksize 7", /^Option blksize takes a number from 8 to 65464, or off$/],
    ["windowsize", /^Option windowsize takes a number/],
    ["rexmt 256", /^Option timeout takes a number from 1 to 255, or off$/],
    ["timeout x", /^Usage: timeout SECONDS$/],
    ["option rollover 1", /^Option "rollover" is not one of blksize/],
    ["disable", /^Option "" is not one of/],
    ["tsize maybe", /^"maybe" is neither on nor off$/],
    ["mget x", /^Say first where: mtftp ADDRESS:CLIENT-PORT:SERVER-PORT$/],
    ["mtftp 10.0.0.1:1:2", /^"10\.0\.0\.1:1:2" is no group with two ports$/],
    ["mtftp mcast-ip 10.0.0.1", /^Usage: mtftp mcast-ip/],
    ["interface", /^Usage: interface/],
    ["help me", /^Unknown command "me"$/],
  ];
  for (const [line, expected] of rows) {
    const { code, complained } = await prompt([line]);
    assert.equal(code, 1, line);
    assert.equal(complained.length, 1, line);
    assert.match(complained[0]!, expected);
  }
  const { complained } = await prompt(["connect h", "put -"]);
  assert.deepEqual(complained, ["Standard input holds the commands: name a file"]);
});

test("status shows the server and every setting", async () => {
  const { printed, code } = await prompt([
    ...["status", "connect h 7", "mode ascii", "mtftp 239.0.0.1:1:2", "interface 10.0.0.1"],
    ...["verbose", "trace on", "timeout 25", "status", "mode", "option"],
  ]);
  assert.equal(code, 0);
  assert.match(printed, /^Not connected\nMode: octet\nOption blksize: auto\n/);
  assert.match(printed, /Connected to h port 7\nMode: netascii\n/);
  assert.match(printed, /Repetitions before giving up: 5\n/);
  assert.match(printed, /MTFTP: group 239\.0\.0\.1, client port 1, server port 2\n/);
  assert.match(printed, /Interface for multicast: 10\.0\.0\.1\nVerbose: off, trace: on\n/);
});

test("help has one line for each command, and Tab knows their names", async () => {
  const { printed } = await prompt(["?"]);
  const names = printed.split("\n").map((line) => /^[a-z]+/.exec(line)?.[0]);
  for (const name of ["connect", "get", "put", "mget", "mode", "status", "quit", "help"]) {
    assert.ok(names.includes(name), name);
  }
  assert.equal((await prompt(["help get"])).printed.split("\n").length, 1);
  assert.deepEqual(completions("m"), ["mget", "mode", "mtftp", "multicast"]);
});

test("verbose off prints no figures", async () => {
  await withServer(async (server, directory) => {
    server.files.set("x", testBytes(10));
    writeFileSync(join(directory, "y"), "y");
    const connect = `connect 127.0.0.1 ${server.port}`;
    const { said } = await prompt([connect, "verbose off", "get x -", `put ${directory}/y`]);
    assert.equal(said, "");
  });
});
