// hosts.allow and hosts.deny as rules of access.
import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./importing.ts";

const ALL = ["read", "write"];

/** "clients: what they may" for each rule, and the notes. */
async function rules(files: Readonly<Record<string, string>>) {
  const args = "--daemon /srv";
  const { config, notes } = await imported("atftpd", { args, files });
  return {
    notes,
    rules: config.access.map(({ clients, allow }) => `${clients}: ${allow.join(" ")}`),
  };
}

test("who is in hosts.allow may, then who is in hosts.deny may not, the rest may", async () => {
  const files = {
    "/etc/hosts.deny": "ALL: ALL\n",
    "/etc/hosts.allow":
      "# comment\nsshd: 192.0.2.1\nin.tftpd, sshd : 10.1. 10.2.3.0/255.255.255.0, \\\n" +
      "  [2001:db8::]/32 127.0.0.1\n\nin.tftpd: 10.9.0.0/16 : deny\n",
  };
  assert.deepEqual(await rules(files), {
    notes: [],
    rules: [
      "10.1.0.0/16,10.2.3.0/24,2001:db8::/32,127.0.0.1: read write",
      "10.9.0.0/16: ",
      ": ",
      `: ${ALL.join(" ")}`,
    ],
  });
});

test("files that say nothing of TFTP make no rules", async () => {
  assert.deepEqual((await rules({ "hosts.allow": "sshd: ALL\n", "hosts.deny": "" })).rules, []);
});

test("names and commands have no equal and are named", async () => {
  const text = "in.tftpd: .example.com LOCAL 10.0.0.1\n" +
    "in.tftpd: 10.0.0.0/255.0.255.0\nin.tftpd: 10.3. : spawn /bin/x\n";
  const { notes, rules: made } = await rules({ "hosts.allow": text });
  assert.deepEqual(notes.map((note) => note.split(" ")[0]), [
    ...["hosts.allow:1", "hosts.allow:1", "hosts.allow:2", "hosts.allow:3"],
  ]);
  assert.deepEqual(made, ["10.0.0.1: read write", "10.3.0.0/16: read write", ": read write"]);
});

test("exceptions are taken out of what stands before them, and exceptions of theirs are not", async () => {
  const text = "in.tftpd: 10.0.0.0/30 EXCEPT 10.0.0.1\n" +
    "in.tftpd: 10.1. EXCEPT 10.1. except 10.1.2.\nALL EXCEPT sshd: 10.2.\n" +
    "ALL EXCEPT in.tftpd: 10.3.\nin.tftpd: 10.4. EXCEPT .example.com\n";
  const { notes, rules: made } = await rules({
    "hosts.allow": text,
    "hosts.deny": "ALL: ALL EXCEPT [2000::]/3 128.0.0.0/1\n",
  });
  assert.deepEqual(notes, ['hosts.allow:5 ".example.com" is no network']);
  assert.deepEqual(made, [
    "10.0.0.0/32,10.0.0.2/31: read write",
    "10.1.2.0/24: read write",
    "10.2.0.0/16: read write",
    "0.0.0.0/1,::/3,4000::/2,8000::/1: ",
    ": read write",
  ]);
});

test("what cannot be said exactly lets nobody in who would have been kept out", async () => {
  for (const clients of [".example.com 10.", "ALL EXCEPT .example.com"]) {
    const { notes, rules: made } = await rules({ "hosts.deny": `in.tftpd: ${clients}\n` });
    assert.equal(notes.length, 1);
    assert.deepEqual(made, [": ", ": read write"]);
  }
});

test("tftpd-hpa has the same files", async () => {
  const files = { "/etc/hosts.deny": "in.tftpd: 10.\n" };
  const { config } = await imported("tftpd-hpa", { args: "-l -s /srv", files });
  assert.deepEqual(config.access.map(({ clients }) => clients), [["10.0.0.0/8"], []]);
});

test("hosts_access(5): words mean the same in any letter case", async () => {
  for (const line of ["all: all", "IN.TFTPD: All", "In.Tftpd: ALL except .x"]) {
    const { rules: made } = await rules({ "hosts.deny": `${line}\n` });
    assert.deepEqual(made, [": ", ": read write"], line);
  }
});

test("hosts_access(5): a daemon may be a pattern, and for some addresses of ours only", async () => {
  const files = {
    "hosts.allow": "*tftpd: 10.1.\nftp?: 10.2.\nin.tftpd@192.0.2.1: 10.3.\n" +
      "ALL, in.tftpd@192.0.2.1: 10.4.\nin.tftpd@server.example.com: 10.5.\n",
  };
  const { config, notes } = await imported("tftpd-hpa", { args: "-l -s /srv", files });
  assert.deepEqual(config.access.map(({ clients, addresses }) => [...clients, ...addresses]), [
    ...[["10.1.0.0/16"], ["10.3.0.0/16", "192.0.2.1"], ["10.4.0.0/16"], []],
  ]);
  assert.deepEqual(notes, ['hosts.allow:5 "server.example.com" is no network']);
  // atftpd tells libwrap who asks, and not where.
  assert.deepEqual((await rules(files)).rules, [
    ...["10.1.0.0/16", "10.4.0.0/16", ""].map((clients) => `${clients}: read write`),
  ]);
});

test("both daemons are in.tftpd to libwrap, and lines for other names are named", async () => {
  const text = "tftpd: 10.1.\natftpd: 10.2.\n";
  const { notes, rules: made } = await rules({ "hosts.allow": text });
  assert.deepEqual(notes.map((note) => note.split(" ")[0]), ["hosts.allow:1", "hosts.allow:2"]);
  assert.deepEqual(made, []);
});
