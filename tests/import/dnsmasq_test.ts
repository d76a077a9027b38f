// The TFTP lines of dnsmasq as TOML.
import assert from "node:assert/strict";
import { test } from "node:test";
import { imported, told } from "./importing.ts";

test("every TFTP line has its equal", async () => {
  const text = `# a boot server
enable-tftp
tftp-root="/srv/tftp/"   # the tree
tftp-no-fail
tftp-unique-root=mac
tftp-lowercase
tftp-max = 7
tftp-mtu=1420
tftp-no-blocksize
quiet-tftp
tftp-port-range=7000,7100
listen-address=127.0.0.1,::1
`;
  const { config, notes, toml } = await imported("dnsmasq", { files: { "dnsmasq.conf": text } });
  assert.deepEqual(notes, []);
  assert.deepEqual([config.root, config.user], ["/srv/tftp", "nobody"]);
  assert.deepEqual(config.addresses, ["127.0.0.1", "::1"]);
  assert.equal(config.limits.transfersMax, 7);
  assert.equal(config.tftp.blksizeMax, 1388);
  assert.deepEqual(config.tftp.portRange, { first: 7000, last: 7100 });
  assert.deepEqual(config.tftp.optionsDisabled, ["blksize"]);
  assert.equal(config.http.port, null);
  assert.equal(config.log.level, "warning");
  assert.equal(config.upload.enabled, false);
  assert.deepEqual(told(config.rewrite), [
    { match: "^.*$", replace: "\\L$0", operation: "read", continue: true },
  ]);
  assert.match(toml, /\[\[client-root\]\]\n#[^\n]*\npath = "\{mac\}"\nfallback = "folder"/);
});

test("lines about other things are counted, and what has no equal is named", async () => {
  const text = `interface=eth0:1
tftp-secure
tftp-frobnicate
no-hosts
dhcp-range=10.0.0.1,10.0.0.9
port=0
conf-dir=/etc/dnsmasq.d
tftp-port-range=9,1
tftp-single-port
`;
  const { notes, config } = await imported("dnsmasq", { files: { c: text } });
  assert.deepEqual(notes.map((note) => note.split(" ")[0]), [
    ...["c:1", "c:2", "c:3", "c:7", "c:8", "c:0", "c:0", "c:0"],
  ]);
  assert.equal(config.tftp.singlePort, true);
  assert.equal(config.requireWorldReadable, true);
});

test("dhcp-script is run for transfers, one at a time, and what else it was for is named", async () => {
  const text = "enable-tftp\ntftp-root=/srv\ndhcp-script=/etc/dnsmasq.sh\ndhcp-scriptuser=root\n" +
    "dhcp-luascript=/x.lua\n";
  const { notes, config } = await imported("dnsmasq", { files: { c: text } });
  assert.equal(config.hooks.transferEnd, "/etc/dnsmasq.sh");
  assert.equal(config.hooks.processesMax, 1);
  assert.deepEqual(notes.map((note) => note.split(" ")[0]), ["c:3", "c:4", "c:5"]);
});

test("a command line has the same options", async () => {
  const args = "dnsmasq --port=0 --enable-tftp --tftp-root /srv --tftp-single-port";
  const { config } = await imported("dnsmasq", { args });
  assert.equal(config.root, "/srv");
  assert.equal(config.tftp.singlePort, true);
});

test("short options mean what they mean to dnsmasq", async () => {
  const args = "dnsmasq -ki eth1 -Iwlan0 -a 10.0.0.1 -u boot -gboot -p 0 -x /run/x -C /etc/x " +
    "--enable-tftp --tftp-root /srv --tftp-wrong -b";
  const { config, notes } = await imported("dnsmasq", { args });
  assert.deepEqual(config.access.map(({ interfaces }) => interfaces), [
    ...[["wlan0"], ["eth1", "lo"], [], []],
  ]);
  assert.deepEqual([config.root, config.user, config.group], ["/srv", "boot", "boot"]);
  assert.deepEqual(notes.map((note) => note.slice(note.indexOf(" ") + 1)), [
    "line:0 Further files are not read",
    "line:0 dnsmasq 2.90 has no such option",
    "line:0 They are about DNS, DHCP and the rest of dnsmasq",
  ]);
});

test("a port range next to tftp-single-port is named, as dnsmasq does not use it", async () => {
  for (const order of [[0, 1], [1, 0]]) {
    const lines = ["tftp-single-port", "tftp-port-range=5000,5009"];
    const text = ["enable-tftp", "tftp-root=/srv", ...order.map((at) => lines[at])].join("\n");
    const { config, notes } = await imported("dnsmasq", { files: { c: text } });
    assert.deepEqual([config.tftp.singlePort, config.tftp.portRange], [true, null]);
    assert.equal(notes.length, 1);
  }
});

const RULE = { clients: [], interfaces: [], addresses: [] };

test("roots of interfaces hold for them alone, with the clients' folders in them", async () => {
  const text = "enable-tftp\ntftp-root=/srv/tftp\ntftp-root=/srv/one/,eth1\n" +
    "tftp-root=/srv/two, br-lan\ntftp-unique-root\n";
  const { config, notes } = await imported("dnsmasq", { files: { c: text } });
  assert.deepEqual(notes, []);
  assert.equal(config.root, "/srv/tftp");
  const rows = (path: string, device: string) => {
    const row = { ...RULE, interfaces: [device] };
    return [{ ...row, path: `${path}/{ip}`, fallback: "folder" }, {
      ...row,
      path,
      fallback: "none",
    }];
  };
  assert.deepEqual(config.clientRoots, [
    ...rows("/srv/one", "eth1"),
    ...rows("/srv/two", "br-lan"),
    { ...RULE, path: "{ip}", fallback: "folder" },
  ]);
});

test("interfaces that dnsmasq serves become rules of access", async () => {
  const row = { ...RULE, paths: [], via: "any" };
  const accessOf = async (...lines: string[]) => {
    const text = ["enable-tftp", "tftp-root=/srv", ...lines].join("\n");
    const { config, notes } = await imported("dnsmasq", { files: { c: text } });
    assert.deepEqual(notes, []);
    return { access: config.access, addresses: config.addresses };
  };
  assert.deepEqual(await accessOf("interface=eth1", "except-interface=br-*,eth9"), {
    addresses: [],
    access: [
      { ...row, interfaces: ["br-*", "eth9"], allow: [] },
      { ...row, interfaces: ["eth1", "lo"], allow: ["read"] },
      { ...row, allow: [] },
    ],
  });
  assert.deepEqual(
    await accessOf("interface=eth1", "enable-tftp=eth2", "listen-address=10.0.0.1"),
    {
      addresses: [],
      access: [{ ...row, interfaces: ["eth2"], allow: ["read"] }, { ...row, allow: [] }],
    },
  );
  assert.deepEqual((await accessOf("interface=eth1", "listen-address=10.0.0.1")).access[1], {
    ...{ ...row, addresses: ["10.0.0.1"], allow: ["read"] },
  });
  assert.deepEqual(await accessOf("no-dhcp-interface=eth3"), {
    addresses: [],
    access: [{ ...row, interfaces: ["eth3"], allow: [] }],
  });
});
