// tftpd-hpa's map files and command line as TOML.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRewrite } from "../../src/resolve/rewrite.ts";
import { outcome, request } from "../resolve/rewriting.ts";
import { imported, told } from "./importing.ts";

async function rules(...lines: readonly string[]) {
  const { config, notes } = await imported("tftpd-hpa", { files: { map: lines.join("\n") } });
  return { rules: told(config.rewrite), notes, config };
}

const RAW = { raw: true, operation: "any" };

test("every operation has its equal", async () => {
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ["r a b", { replace: "b", replaceWhat: "first", continue: true }],
    ["r a", { replaceWhat: "first", continue: true }],
    ["rg a b", { replace: "b", replaceWhat: "repeat", continue: true }],
    ["rgg a b", { replace: "b", replaceWhat: "all", continue: true }],
    ["ri a b", { replace: "b", replaceWhat: "first", continue: true, ignoreCase: true }],
    ["re a b", { replace: "b", replaceWhat: "first" }],
    ["e a", { stop: true }],
    ["rE a b", { replace: "b", replaceWhat: "first", stopIfExists: true }],
    ["E a", { stopIfExists: true }],
    ["rs a b", { replace: "b", replaceWhat: "first", restart: true }],
    ["a a", { refuse: "Access denied" }],
    ["a a no\\ \\0\\ \\i", { refuse: "no $0 {ip}" }],
    ["a~ a", { refuse: "Access denied", invert: true }],
    ["Ge a", { stop: true, operation: "read" }],
    ["Pe a", { stop: true, operation: "write" }],
    ["4e a", { stop: true, family: "ipv4" }],
    ["6e a", { stop: true, family: "ipv6" }],
  ];
  for (const [line, fields] of cases) {
    const made = await rules(line);
    assert.deepEqual(made.notes, [], line);
    assert.deepEqual(made.rules, [{ ...RAW, match: "a", ...fields }], line);
  }
});

test("replacements keep groups, case operators and the client's address", async () => {
  const made = await rules("r (a)(b) \\U\\1\\E\\0\\L\\2-\\i-\\x-\\9\\\\\\#\\q${x} # comment");
  assert.equal(made.rules[0]?.replace, "\\U$1\\E$0\\L$2-{ip}-{ip-hex}-\\\\#q$$\\{x}");
});

test("labels and jumps lead where they led", async () => {
  const { config, notes } = await rules(
    "j ^(efi|bios)/ \\1",
    "a ^",
    ":efi",
    "re $ .efi",
    ":bios",
    ":pc",
    "j ^ end",
    "a ^",
    ":end",
  );
  assert.deepEqual(notes, []);
  const rewriter = compileRewrite(config.rewrite);
  assert.ok(rewriter.kind === "rewriter");
  const made = (name: string) => outcome(rewriter.rewrite(request(name)));
  assert.equal(made("efi/x"), "efi/x.efi");
  assert.equal(made("bios/x"), "bios/x");
  assert.equal(made("x"), "refused-by-rule");
});

test("what in.tftpd would not take, and what never holds, is named", async () => {
  const { notes, rules: made } = await rules(
    "q a b",
    "r~ a b",
    "r",
    "Ee a",
    "GPr a b",
    "r (a)\\1 b",
    "r (a b",
    "j a nowhere",
    ":x",
    ":x",
    "e [[=a=]]",
    "i a",
    "# only a comment",
    "   ",
  );
  assert.deepEqual(notes.map((note) => note.split(" ")[0]), [
    ...["map:1", "map:2", "map:3", "map:4", "map:5", "map:6", "map:7", "map:8", "map:10", "map:11"],
  ]);
  assert.deepEqual(made, [{ operation: "any", label: "x", stop: true }]);
});

test("expressions mean what they mean to regcomp(3)", async () => {
  const cases: readonly (readonly [ere: string, name: string, match: string])[] = [
    ["a\\d", "ad", "ad"],
    ["[\\.]x", "\\x", "\\x"],
    ["[]a]+", "x]a]", "]a]"],
    ["a+?", "aaa", "aaa"],
    ["(a*)*b", "aab", "aab"],
    ["a{,2}", "aaa", "aa"],
    ["a|ab|abc", "abcd", "abc"],
    ["\\<b", "a b", "b"],
    ["[[:digit:]]+", "a12", "12"],
    ["x)", "x)", "x)"],
    ["\\/\\.", "a/.", "/."],
    ["(a|b(c|d))+?", "abcbda", "abcbda"],
  ];
  for (const [ere, name, match] of cases) {
    const line = `re ${ere.replace(/ /g, "\\ ")} <\\0>`;
    const { config, notes } = await imported("tftpd-hpa", { files: { map: line } });
    assert.deepEqual(notes, [], ere);
    const rewriter = compileRewrite(config.rewrite);
    assert.ok(rewriter.kind === "rewriter");
    const made = outcome(rewriter.rewrite({ ...request("x"), sent: name }));
    assert.equal(
      made,
      name.replace(match, `<${match}>`).replace("\\", "/").replace("//", "/"),
      ere,
    );
  }
});

test("a command line with --secure becomes a root in a chroot", async () => {
  const args =
    "in.tftpd -4 -lcvs -u tftp -a 127.0.0.1:6969 -r blksize2 -r tsize -B 1468 -T 500000 " +
    "-R 7000:7100 -U 022 -m /etc/map /srv/tftp";
  const { config, notes, toml } = await imported("tftpd-hpa", {
    args,
    disk: { "/etc/map": "e ^x" },
  });
  assert.deepEqual(notes, []);
  assert.equal(config.root, "/srv/tftp");
  assert.deepEqual(config.addresses, ["127.0.0.1"]);
  assert.equal(config.tftp.port, 6969);
  assert.equal(config.tftp.blksizeMax, 1468);
  assert.equal(config.tftp.timeoutMs, 500);
  assert.deepEqual(config.tftp.portRange, { first: 7000, last: 7100 });
  assert.deepEqual(config.tftp.optionsDisabled, ["blksize2", "tsize"]);
  assert.equal(config.requireWorldReadable, true);
  assert.deepEqual([config.upload.enabled, config.upload.create], [true, true]);
  assert.equal(config.rewrite.length, 1);
  assert.match(toml, /^chroot = true/m);
  assert.match(toml, /^user = "tftp"/m);
  assert.match(toml, /^umask = "022"/m);
});

test("without --secure names are whole paths below the folders", async () => {
  const { config, toml } = await imported("tftpd-hpa", { args: "--listen -p /tftpboot /srv/more" });
  assert.equal(config.root, "/tftpboot");
  assert.deepEqual(config.search, ["/srv/more"]);
  assert.equal(config.requireWorldReadable, false);
  assert.match(toml, /^absolute-names = "listed"/m);
  const rewriter = compileRewrite(config.rewrite);
  assert.ok(rewriter.kind === "rewriter");
  assert.equal(outcome(rewriter.rewrite(request("x"))), "refused-by-rule");
  assert.equal(outcome(rewriter.rewrite(request("/tftpboot/x"))), "tftpboot/x");
});

test("without --secure, whole paths are asked for after the map file, whatever ends it", async () => {
  const map = "e ^ok/\nr ^[^/] /tftpboot/\\0\n";
  const { config } = await imported("tftpd-hpa", { files: { map }, args: "-l /tftpboot" });
  const rewriter = compileRewrite(config.rewrite);
  assert.ok(rewriter.kind === "rewriter");
  assert.equal(outcome(rewriter.rewrite(request("ok/x"))), "refused-by-rule");
  assert.equal(outcome(rewriter.rewrite(request("x"))), "tftpboot/x");
});

test("Debian's /etc/default/tftpd-hpa is a command line", async () => {
  const text = '# /etc/default/tftpd-hpa\n\nTFTP_USERNAME="tftp"\nTFTP_DIRECTORY="/srv/tftp"\n' +
    'TFTP_ADDRESS=":69"\nTFTP_OPTIONS="--secure --create"\n';
  const { config, notes, toml } = await imported("tftpd-hpa", {
    files: { "/etc/default/tftpd-hpa": text },
  });
  assert.deepEqual(notes, []);
  assert.equal(config.root, "/srv/tftp");
  assert.equal(config.upload.create, true);
  assert.match(toml, /^chroot = true/m);
});

test("how long a server of inetd waits is a flag; with --listen it waits for ever", async () => {
  const head = async (args: string) => (await imported("tftpd-hpa", { args })).toml.split("\n")[1];
  assert.match(
    await head("-t 900 -s /srv") ?? "",
    /^# For inetd \(-t 900\): .* --inetd-timeout 900 /,
  );
  assert.match(await head("-l -t 900 -s /srv") ?? "", /^root = /);
  const files = { d: 'TFTP_DIRECTORY="/srv"\nTFTP_OPTIONS="--secure --timeout 9"\n' };
  const { toml, notes } = await imported("tftpd-hpa", { files });
  assert.ok(!toml.includes("inetd"));
  assert.deepEqual(notes, []);
});

test("-v three times is --verbosity 3", async () => {
  for (const [args, level] of [["-lvv", "info"], ["-lvv -v", "debug"], ["-l", "info"]] as const) {
    const { config } = await imported("tftpd-hpa", { args: `${args} -s /srv` });
    assert.equal(config.log.level, level, args);
  }
});

test("options without an equal, unknown ones and bad values are named", async () => {
  const args =
    "-P /p -t never --map-steps 9 --map-test f --window-bytes 1 -r what -B 5 -a host:x " +
    "-m /gone --wrong -U 9 -R 5";
  const { notes } = await imported("tftpd-hpa", { args });
  assert.equal(notes.length, 14);
});
