// URLs as people type them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { localName, parseUrl } from "../../src/client/url.ts";

type Row = [url: string, host: string, port: number, name: string, mode: string | null];

test("RFC 3617: parseUrl() takes a TFTP URL apart", () => {
  const rows: Row[] = [
    ["tftp://h/x", "h", 69, "x", null],
    ["TFTP://h/x", "h", 69, "x", null],
    ["tftp://h:6969/boot/x", "h", 6969, "boot/x", null],
    ["tftp://h//x", "h", 69, "/x", null],
    ["tftp://10.0.0.1/x", "10.0.0.1", 69, "x", null],
    ["tftp://[::1]/x", "::1", 69, "x", null],
    ["tftp://[2001:db8::1]:6969/x", "2001:db8::1", 6969, "x", null],
    ["tftp://[fe80::1%25eth0]/x", "fe80::1%eth0", 69, "x", null],
    ["tftp://[fe80::1%eth0]:70/x", "fe80::1%eth0", 70, "x", null],
    ["tftp://h/x;mode=netascii", "h", 69, "x", "netascii"],
    ["tftp://h/x;mode=OCTET", "h", 69, "x", "octet"],
    ["tftp://h/a%20b%2fc", "h", 69, "a b/c", null],
    ["tftp://h/x%3Bmode=octet", "h", 69, "x;mode=octet", null],
    ["tftp://h/gr%C3%BCn", "h", 69, "grün", null],
    ["tftp://h/grün", "h", 69, "grün", null],
    ["tftp://h/x;y=1", "h", 69, "x;y=1", null],
    ["tftp://h/x?y#z", "h", 69, "x?y#z", null],
    ["tftp://h/dir/", "h", 69, "dir/", null],
    ["tftp://h/x;mode=a;mode=octet", "h", 69, "x;mode=a", "octet"],
  ];
  for (const [text, host, port, name, mode] of rows) {
    assert.deepEqual(parseUrl(text), { kind: "tftp", host, port, name, mode }, text);
  }
});

test("parseUrl() takes an HTTP URL apart", () => {
  const parsed = parseUrl("http://h:8069/boot/a%20b?c=d");
  assert.ok(parsed.kind === "http");
  assert.equal(parsed.url.href, "http://h:8069/boot/a%20b?c=d");
  assert.equal(parsed.name, "boot/a b");
});

test("parseUrl() says what is wrong with anything else", () => {
  const rows: [url: string, why: string][] = [
    ["", "write it as tftp://HOST/NAME or http://HOST/NAME"],
    ["h:x", "write it as tftp://HOST/NAME or http://HOST/NAME"],
    ["tftp:/h/x", "write it as tftp://HOST/NAME or http://HOST/NAME"],
    ["ftp://h/x", 'scheme "ftp" is neither tftp nor http'],
    ["https://h/x", 'scheme "https" is neither tftp nor http'],
    ["tftp:///x", "it names no host"],
    ["tftp://h", "it names no file"],
    ["tftp://h/", "it names no file"],
    ["tftp://h/;mode=octet", "it names no file"],
    ["tftp://u:p@h/x", "TFTP knows no user and no password"],
    ["tftp://h:0/x", '"0" is no port from 1 to 65535'],
    ["tftp://h:65536/x", '"65536" is no port from 1 to 65535'],
    ["tftp://h:/x", '"" is no port from 1 to 65535'],
    ["tftp://h:ftp/x", '"ftp" is no port from 1 to 65535'],
    ["tftp://::1/x", "an IPv6 address needs brackets"],
    ["tftp://h x/x", '"h x" is no host'],
    ["tftp://[::1/x", '"[::1" is no host'],
    ["tftp://h/x;mode=mail", 'mode "mail" is neither octet nor netascii'],
    ["tftp://h/x;mode=", 'mode "" is neither octet nor netascii'],
    ["tftp://h/%zz", 'a "%" must begin the two digits of an octet, in UTF-8'],
    ["tftp://h/%ff", 'a "%" must begin the two digits of an octet, in UTF-8'],
    ["tftp://h/a%00b", "a name cannot hold NUL"],
    ["http://", "it cannot be understood"],
    ["http://u@h/x", "user and password are not supported"],
  ];
  for (const [text, why] of rows) {
    assert.deepEqual(parseUrl(text), { kind: "bad", reason: `Cannot use URL "${text}": ${why}` });
  }
});

test("localName() is the last part of a name, or null where that would be no file", () => {
  const rows: [name: string, local: string | null][] = [
    ["x", "x"],
    ["boot/x.efi", "x.efi"],
    ["boot\\x64\\bcd", "bcd"],
    ["dir/", null],
    ["", null],
    ["..", null],
    ["a/..", null],
    ["a/.", null],
    ["a\0b", null],
  ];
  for (const [name, local] of rows) assert.equal(localName(name), local, name);
});
