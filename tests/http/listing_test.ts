// Directory listings: for people in any browser, for scripts as JSON, and never a redirect.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, withServer } from "./harness.ts";

const EVIL = `<script>alert("1") & 'x'.txt`;
const FILES = {
  "grub/grub.cfg": "set timeout=0\n",
  "grub/x86_64-efi/core.efi": "x".repeat(5000),
  [`grub/${EVIL}`]: "x",
  "grub/grün.txt": "x",
  "boot.efi": "x",
  "secret.txt": "forbidden to everybody by the harness",
  ".hidden": "x",
};

function links(body: string): string[] {
  return Array.from(body.matchAll(/href="([^"]*)"/g), (found) => found[1]!.replaceAll("&#39;", "'"))
    .filter((link) => link.startsWith("/"));
}

test("the root and directories are listed with and without a final slash, less what is refused", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const root = await ask(listener.port, "GET /");
    assert.equal(root.status, 200);
    assert.deepEqual(links(root.body), ["/boot.efi", "/grub/"]);
    const plain = await ask(listener.port, "GET /grub");
    const slashed = await ask(listener.port, "GET /grub/");
    assert.equal(plain.status, 200);
    assert.equal(plain.body, slashed.body);
    assert.equal(plain.headers["Content-Type"], "text/html; charset=utf-8");
    assert.equal(plain.headers["Content-Length"], String(plain.body.length));
  }));

test("every link of a listing leads to what it names", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const { body } = await ask(listener.port, "GET /grub");
    const found = links(body);
    assert.equal(found[0], "/");
    assert.equal(found.length, 5);
    for (const link of found) {
      assert.equal((await ask(listener.port, `GET ${link}`)).status, 200, link);
    }
  }));

test("names are escaped", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const { body } = await ask(listener.port, "GET /grub");
    assert.ok(!body.includes("<script"));
    assert.ok(body.includes("&lt;script&gt;alert(&quot;1&quot;)"), body);
  }));

test("a listing shows size and time", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const { body } = await ask(listener.port, "GET /grub/x86_64-efi");
    assert.match(body, /core\.efi.*4\.9 KiB.*1970-01-01 00:00:00/);
  }));

test("HEAD of a listing has the header of GET", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const get = await ask(listener.port, "GET /grub");
    const head = await ask(listener.port, "HEAD /grub");
    const still = (lines: readonly string[]) => lines.filter((line) => !line.startsWith("Date"));
    assert.deepEqual(still(head.lines), still(get.lines));
    assert.equal(head.body, "");
  }));

test("scripts get JSON", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const answer = await ask(listener.port, "GET /grub/", "Accept: application/json");
    assert.equal(answer.headers["Content-Type"], "application/json");
    const { path, entries } = JSON.parse(Buffer.from(answer.body, "latin1").toString());
    assert.equal(path, "/grub");
    const grubCfg = entries.find((entry: { name: string }) => entry.name === "grub.cfg");
    assert.deepEqual(grubCfg, {
      name: "grub.cfg",
      kind: "file",
      path: "/grub/grub.cfg",
      size: 14,
      modified: "1970-01-01T00:00:00.000Z",
    });
    const folder = entries.find((entry: { kind: string }) => entry.kind === "directory");
    assert.deepEqual([folder.path, "size" in folder], ["/grub/x86_64-efi/", false]);
  }));

test("a listing is logged as the path of a folder, with its size", () =>
  withServer({ files: FILES }, async ({ listener, reported }) => {
    for (const path of ["/", "/grub"]) {
      const { body } = await ask(listener.port, `GET ${path}`);
      const report = (await reported(path === "/" ? 1 : 2)).at(-1)!;
      assert.equal(report.name, path === "/" ? "/" : "/grub/");
      assert.equal(report.options, "status=200 listing");
      assert.equal(report.bytes, body.length);
      assert.equal(report.file, null);
    }
  }));

test("without listings a directory is refused and the root is no name", () =>
  withServer(
    { files: FILES, app: { config: { listing: false, status: false } } },
    async ({ listener, reported }) => {
      assert.equal((await ask(listener.port, "GET /grub")).status, 403);
      assert.equal((await ask(listener.port, "GET /")).status, 400);
      assert.equal((await reported(2))[0]!.refusal, "not-a-file");
    },
  ));

test("a directory that cannot be listed is refused as it was", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    assert.equal((await ask(listener.port, "GET /grub/../grub")).status, 400);
    assert.equal((await ask(listener.port, "GET /nothing/")).status, 404);
  }));
