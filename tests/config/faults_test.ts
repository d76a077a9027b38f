// Broken files and what is said about them: line, column and text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { renderFaults } from "../../src/config/faults.ts";
import { brief, load, loadBad } from "./loading.ts";

const TABLE: readonly {
  readonly rule: string;
  readonly file: string;
  readonly faults: readonly string[];
}[] = [
  {
    rule: "an unknown key with a longer name of ours in it",
    file: "[tftp]\nblksize = 1468\n",
    faults: ['2:1 Unknown key "blksize" in [tftp]: did you mean "blksize-max"?'],
  },
  {
    rule: "a misspelt key",
    file: 'rooot = "/srv"\n',
    faults: ['1:1 Unknown key "rooot": did you mean "root"?'],
  },
  {
    rule: "underscores, capitals and another order of words",
    file: "[tftp]\nblksize_max = 1\nsinglePort = true\nmax-windowsize = 3\n",
    faults: [
      '2:1 Unknown key "blksize_max" in [tftp]: did you mean "blksize-max"?',
      '3:1 Unknown key "singlePort" in [tftp]: did you mean "single-port"?',
      '4:1 Unknown key "max-windowsize" in [tftp]: did you mean "windowsize-max"?',
    ],
  },
  {
    rule: "a key of another table",
    file: "single-port = true\n[http]\nroot = 'x'\n",
    faults: [
      '1:1 Unknown key "single-port": did you mean "single-port" in [tftp]?',
      '3:1 Unknown key "root" in [http]: did you mean "root" above the first table?',
    ],
  },
  {
    rule: "a key like nothing we have",
    file: "[http]\nquux = 1\n",
    faults: ['2:1 Unknown key "quux" in [http]'],
  },
  {
    rule: "an unknown table",
    file: "[tfpt]\nport = 69\n",
    faults: ['1:2 Unknown key "tfpt": did you mean "tftp"?'],
  },
  {
    rule: "keys with a dot",
    file: "tftp.port = 70000\nhttp.prot = 1\n",
    faults: [
      '1:13 "port" in [tftp] must be a port from 0 to 65535, or "off", not 70000',
      '2:6 Unknown key "prot" in [http]: did you mean "port"?',
    ],
  },
  {
    rule: "wrong types",
    file: 'root = 3\nsearch = "a"\n[tftp]\nretries = "6"\nsingle-port = "yes"\ntimeout = true\n',
    faults: [
      '1:8 "root" must be a text in quotes, not 3',
      '2:10 "search" must be an array, not "a"',
      '4:11 "retries" in [tftp] must be an integer from 0 to 1000, not "6"',
      '5:15 "single-port" in [tftp] must be true or false, not "yes"',
      '6:11 "timeout" in [tftp] must be a number of seconds from 0.01 to 255, not true',
    ],
  },
  {
    rule: "numbers out of range, infinite, not whole",
    file:
      "[tftp]\nblksize-max = 7\nwindowsize-max = 1.5\ntimeout = inf\nrollover = 2\nworkers = nan\n",
    faults: [
      '2:15 "blksize-max" in [tftp] must be an integer from 8 to 65464, not 7',
      '3:18 "windowsize-max" in [tftp] must be an integer from 1 to 65535, not 1.5',
      '4:11 "timeout" in [tftp] must be a number of seconds from 0.01 to 255, not inf',
      '5:12 "rollover" in [tftp] must be 0 or 1, not 2',
      '6:11 "workers" in [tftp] must be an integer from 1 to 64, not nan',
    ],
  },
  {
    rule: "choices, also inside a list over several lines",
    file: '[tftp]\ndriver = "lniux"\noptions-disabled = [\n  "tsize",\n  "blksze",\n]\n',
    faults: [
      '2:10 "driver" in [tftp] must be "auto", "portable" or "linux", not "lniux"',
      '5:3 element 2 of "options-disabled" in [tftp] must be "blksize", "tsize", "timeout", ' +
      '"windowsize", ' +
      '"multicast", "blksize2", "utimeout", "rollover" or "msftwindow", not "blksze"',
    ],
  },
  {
    rule: "ports and ranges of ports",
    file: '[tftp]\nport = "on"\nport-range = "30-20"\n[http]\nport = -1\n',
    faults: [
      '2:8 "port" in [tftp] must be a port from 0 to 65535, or "off", not "on"',
      '3:14 "port-range" in [tftp] must have the lower port first, as in "20-30"',
      '5:8 "port" in [http] must be a port from 0 to 65535, or "off", not -1',
    ],
  },
  {
    rule: "sizes",
    file: '[upload]\nsize-max = "64 MB"\n',
    faults: [
      '2:12 "size-max" in [upload] must be a number of octets, or a text such as "64 MiB", ' +
      'not "64 MB"',
    ],
  },
  {
    rule: "addresses",
    file: 'address = ["10.0.0.1", "localhost", "10.1", "::ffff:10.0.0.2"]\n',
    faults: [
      '1:24 element 2 of "address" must be a numeric IPv4 or IPv6 address, not "localhost"',
      '1:37 element 3 of "address" must be a numeric IPv4 or IPv6 address, not "10.1"',
      '1:45 element 4 of "address" must be written as IPv4, "10.0.0.2", not "::ffff:10.0.0.2"',
    ],
  },
  {
    rule: "networks, globs and patterns, each with its row",
    file: "[[access]]\nallow = []\n[[access]]\nallow = ['read']\nclients = ['10.0.0.0/33']\n" +
      "paths = ['a/[']\n[[rewrite]]\nmatch = '(a'\nreplace = ''\n",
    faults: [
      '5:12 element 1 of "clients" in [[access]] 2 is not a CIDR block: the prefix length of ' +
      '"10.0.0.0/33" is not 0 to 32',
      '6:10 element 1 of "paths" in [[access]] 2 is not a valid glob: missing closing "]"',
      '8:9 "match" in [[rewrite]] 1 is not a valid regular expression: missing closing ): `(a`',
    ],
  },
  {
    rule: "look-around, which no linear-time engine has",
    file: "[[rewrite]]\nmatch = 'a(?=b)'\nreplace = ''\n",
    faults: [
      '2:9 "match" in [[rewrite]] 1 is not a valid regular expression: ' +
      "invalid or unsupported Perl syntax: `(?=` (look-around is not supported)",
    ],
  },
  {
    rule: "a replacement that asks for a group that is not there",
    file: "[[rewrite]]\nmatch = '(a)'\nreplace = '$2'\n",
    faults: [
      '3:11 "replace" in [[rewrite]] 1 is not a valid replacement: ' +
      '"$2" asks for a group that the pattern does not have',
    ],
  },
  {
    rule: "missing keys, at the row that lacks them",
    file: "[[rewrite]]\nmatch = 'a'\nreplace = 'b'\n[[rewrite]]\nwhen = 'always'\n",
    faults: ['4:3 Missing "match" in [[rewrite]] 2'],
  },
  {
    rule: "a rule that does nothing",
    file: "[[rewrite]]\nmatch = 'a'\n",
    faults: [
      '1:3 [[rewrite]] 1 does nothing: it needs "replace" or one of "stop", "stop-if-exists", ' +
      '"continue", "restart", "jump", "refuse"',
    ],
  },
  {
    rule: "a rule that is to go on at two places, or to replace what it has not found",
    file: "[[rewrite]]\nmatch = 'a'\ncontinue = true\nrestart = true\n" +
      "[[rewrite]]\nmatch = 'a'\ninvert = true\nreplace-what = 'all'\nrefuse = 'no $0'\n",
    faults: [
      '4:11 "restart" in [[rewrite]] 1 cannot be used with "continue": both say where to go on',
      '8:16 "replace-what" in [[rewrite]] 2 cannot be used with "invert": there is no match to ' +
      "replace",
      '9:10 "refuse" in [[rewrite]] 2 names a group, and with "invert" there is no match to take ' +
      "it from",
    ],
  },
  {
    rule: "inline tables in an array",
    file: "access = [{ allow = [] }, { allow = ['raed'] }]\n",
    faults: ['1:38 element 1 of "allow" in [[access]] 2 must be "read" or "write", not "raed"'],
  },
  {
    rule: "a table where rows are wanted, a value where a table is",
    file: "http = 80\n[rewrite]\nmatch = 'a'\n",
    faults: [
      '1:8 "http" must be a table, not 80',
      '2:2 "rewrite" must be an array, not a table',
    ],
  },
  {
    rule: "a date or an array where a table is wanted",
    file: "limits = 1979-05-27\nupload = [[]]\naccess = [1]\n",
    faults: [
      '1:10 "limits" must be a table, not a date',
      '2:10 "upload" must be a table, not an array',
      "3:11 [[access]] 1 must be a table, not 1",
    ],
  },
  {
    rule: "control characters in names",
    file: 'root = "/srv/\\u0000x"\n',
    faults: ['1:8 "root" must not contain control characters'],
  },
  {
    rule: "a target that is none",
    file: '[log]\nsyslog = "nonsense"\n',
    faults: [
      '2:10 "syslog" in [log] must be "unix:/dev/log" or "udp://host:514", not "nonsense"',
    ],
  },
  {
    rule: "a syntax error",
    file: 'root = "/srv"\n[tftp\nport = 69\n',
    faults: ["2:6 Cannot parse TOML: illegal character in key"],
  },
  {
    rule: "a key given twice",
    file: "[tftp]\nport = 69\nport = 70\n",
    faults: ["3:1 Cannot parse TOML: trying to redefine an already defined table or value"],
  },
  {
    rule: "ranges of ports that overlap, and the listening port inside one",
    file: '[tftp]\nport = 1800\nport-range = "1700-1900"\n',
    faults: [
      '3:14 "port-range" "1700-1900" contains the listening port 1800',
      '3:14 "port-range" "1700-1900" overlaps "ports" in [tftp.multicast], "1758-1857"',
    ],
  },
  {
    rule: "addresses of groups: of their family, multicast, wider than a link",
    file: '[tftp.multicast]\naddresses = "ff15::/112"\naddresses-ipv6 = "ff12::/112"\n',
    faults: [
      '2:13 "addresses" in [tftp.multicast] must lie within the IPv4 multicast addresses ' +
      '"224.0.0.0/4", not "ff15::/112"',
      '3:18 "addresses-ipv6" in [tftp.multicast] must be of a scope wider than a link, such as ' +
      '"ff15::/112", not "ff12::/112"',
    ],
  },
  {
    rule: "addresses of groups: not those that switches flood",
    file: '[tftp.multicast]\naddresses = "239.128.0.0/24"\n',
    faults: [
      '2:13 "addresses" in [tftp.multicast] must not lie in "x.0.0.0/24" or "x.128.0.0/24": ' +
      'switches flood them like "224.0.0.0/24"',
    ],
  },
  {
    rule: "addresses of groups: neither unicast nor of any scope",
    file: '[tftp.multicast]\naddresses = "10.0.0.0/8"\naddresses-ipv6 = "ff00::/8"\n',
    faults: [
      '2:13 "addresses" in [tftp.multicast] must lie within the IPv4 multicast addresses ' +
      '"224.0.0.0/4", not "10.0.0.0/8"',
      '3:18 "addresses-ipv6" in [tftp.multicast] must lie within the IPv6 multicast addresses, ' +
      'such as "ff15::4554:0/112", not "ff00::/8"',
    ],
  },
  {
    rule: "folders, prefixes, masks and per-client rows",
    file: 'strip-prefixes = ["/a/../b", "/"]\numask = "9"\n[upload]\noverwrite = "old"\n' +
      'quota = -1\n[[mount]]\nat = "../x"\npath = ""\n[[client-root]]\npath = "{mack}"\n' +
      '[[client-root]]\npath = "../{ip}"\n[[quirk]]\nrollover = 2\ntsize-onyl = true\n',
    faults: [
      '1:19 element 1 of "strip-prefixes" must be a folder such as "/tftpboot/", not "/a/../b"',
      '1:30 element 2 of "strip-prefixes" must be a folder such as "/tftpboot/", not "/"',
      '2:9 "umask" must be three octal digits such as "022", not "9"',
      '4:13 "overwrite" in [upload] must be true, false or "version", not "old"',
      '5:9 "quota" in [upload] must be a number of octets, or a text such as "64 MiB", not -1',
      '7:6 "at" in [[mount]] 1 must be a name relative to the root, such as "boot/winpe.img", ' +
      'not "../x"',
      '8:8 "path" in [[mount]] 1 must be a folder, not ""',
      '10:8 "path" in [[client-root]] 1 holds "{mack}", which is none of {ip} {ip-hex} {mac}',
      '12:8 "path" in [[client-root]] 2 holds a ".." part',
      '14:12 "rollover" in [[quirk]] 1 must be 0 or 1, not 2',
      '15:1 Unknown key "tsize-onyl" in [[quirk]] 1: did you mean "tsize-only"?',
    ],
  },
  {
    rule: "both protocols off",
    file: '[tftp]\nport = "off"\n[http]\nport = "off"\n',
    faults: [
      '4:8 Both "port" in [tftp] and "port" in [http] are "off": nothing is left to serve',
    ],
  },
  {
    rule: "a conflict as well as a fault elsewhere",
    file: '[tftp]\nsingle-port = true\nport-range = "20000-20099"\n[http]\nport = "a"\n',
    faults: [
      '3:14 "port-range" has no use with "single-port", which answers from the one port',
      '5:8 "port" in [http] must be a port from 0 to 65535, or "off", not "a"',
    ],
  },
  {
    rule: "no conflict over a key that is faulty itself",
    file: '[tftp]\nsingle-port = true\nport-range = "x"\n',
    faults: ['3:14 "port-range" in [tftp] must be a range of ports such as "20000-20099", not "x"'],
  },
];

for (const { rule, file, faults } of TABLE) {
  test(`a broken file: ${rule}`, async () => {
    assert.deepEqual(brief(await loadBad({ file })), faults);
  });
}

test("faults of the file, the environment and the flags come together", async () => {
  const faults = await loadBad({
    file: "[tftp]\nprot = 1\n",
    env: { BOOTSRV_HTTP_LISTING: "maybe", BOOTSRV_ADDRESS: "10.0.0.1,x" },
    flags: { "tftp-port": "abc", umask: "9", "tftp-timeout": "0" },
  });
  assert.deepEqual(brief(faults), [
    '2:1 Unknown key "prot" in [tftp]: did you mean "port"?',
    'environment BOOTSRV_ADDRESS must be a numeric IPv4 or IPv6 address, not "x"',
    'environment BOOTSRV_HTTP_LISTING must be true or false, not "maybe"',
    'flag --umask must be three octal digits such as "022", not "9"',
    'flag --tftp-port must be a port from 0 to 65535, or "off", not "abc"',
    "flag --tftp-timeout must be a number of seconds from 0.01 to 255, not 0",
  ]);
});

test("a fault of the file is reported even where a flag overrides the key", async () => {
  const faults = await loadBad({ file: "[tftp]\nport = 'x'\n", flags: { "tftp-port": "69" } });
  assert.equal(faults.length, 1);
});

test("a short flag is named as it was typed", async () => {
  const faults = await loadBad({ flags: { "port-range": "9-1" } });
  assert.deepEqual(brief(faults), [
    'flag --port-range must have the lower port first, as in "1-9"',
  ]);
});

test("a conflict points at what was set last, and names the flag", async () => {
  const faults = await loadBad({
    file: '[tftp]\nport-range = "20000-20099"\n',
    flags: { "single-port": true },
  });
  assert.equal(faults.length, 1);
  assert.match(brief(faults)[0] ?? "", /^flag --single-port: "port-range" has no use/);
});

test("a variable that Kubernetes sets for a Service is recognised", async () => {
  const [fault] = await loadBad({ env: { BOOTSRV_TFTP_PORT: "udp://10.0.0.1:69" } });
  assert.match(fault?.hint ?? "", /enableServiceLinks/);
});

test("a named file that is not there is a fault, the default one is not", async () => {
  assert.equal((await load({})).kind, "config");
  assert.deepEqual(brief(await loadBad({ flags: { config: "x.toml" } })), [
    'flag Cannot read configuration file "/home/x.toml": no such file',
  ]);
  assert.deepEqual(brief(await loadBad({ env: { BOOTSRV_CONFIG: "/x.toml" } })), [
    'environment Cannot read configuration file "/x.toml": no such file',
  ]);
});

test("renderFaults() shows the line, a mark under the spot and the hint", async () => {
  const faults = await loadBad({ file: '[tftp]\n\tport = "69"\t# comment\n' });
  assert.equal(
    renderFaults(faults, { color: false }),
    '/etc/boot/c.toml:2:9: "port" in [tftp] must be a port from 0 to 65535, or "off", not "69"\n' +
      '  2 |  port = "69" # comment\n' +
      "    |         ^^^^\n" +
      "  hint: Write 69 without the quotes\n",
  );
});

test("renderFaults() lets no control character of the file through", async () => {
  const file =
    'root = "\\u001b[31m\\u202e" # \u009b31m\u202e\nuser = 3 # \u202e\n"a\\u001bb" = 1\n';
  const text = renderFaults(await loadBad({ file }), { color: false });
  assert.equal(/[^\P{Cc}\n]|\p{Cf}/u.test(text), false);
});

test("renderFaults() cuts a long line around the spot", async () => {
  const file = `search = [${'"a", '.repeat(2000)}3]\n`;
  const [, line, mark] = renderFaults(await loadBad({ file }), { color: false }).split("\n");
  assert.ok(line !== undefined && mark !== undefined && line.length < 120);
  assert.equal(line[mark.indexOf("^")], "3");
});

test("regular expressions in double quotes get a hint about single ones", async () => {
  const [fault] = await loadBad({ file: '[[rewrite]]\nmatch = "^\\w+"\n' });
  assert.match(fault?.hint ?? "", /single quotes/);
});

test("hostile texts never throw and never load as something else", async () => {
  const files = [
    "__proto__ = 1\n",
    "[__proto__]\nport = 1\n",
    "constructor = 1\n",
    "[tftp.constructor]\n",
    "toString = 'x'\n",
    '"" = 1\n',
    "tftp = [[]]\n",
    "rewrite = [1, {}, []]\n",
    "access = [[{}]]\n",
    "\u0000",
    "root = 9223372036854775807\n",
    "root = 99999999999999999999\n",
    "tftp.port.x = 1\n",
    "limits = 1979-05-27T07:32:00Z\n",
  ];
  for (const file of files) {
    const faults = await loadBad({ file });
    assert.ok(faults.length > 0, file);
    renderFaults(faults, { color: true });
  }
});
