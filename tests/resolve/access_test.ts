// Who may read and write what.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessConfig } from "../../src/config/config.ts";
import { parseAddress } from "../../src/match/network.ts";
import { compileAccess } from "../../src/resolve/access.ts";
import { fileName } from "../storage/store_suite.ts";

interface Asked {
  readonly name?: string;
  readonly client?: string;
  readonly via?: "tftp" | "http";
  /** Address of ours and interface. */
  readonly local?: readonly [string, string];
  readonly uploads?: boolean;
  readonly caseInsensitive?: boolean;
}

const RULE = {
  ...{ clients: [], interfaces: [], addresses: [], paths: [], via: "any" as const, allow: [] },
};

/** "rw" for both allowed, "r-", "-w", "--". */
function allowed(rules: readonly Partial<AccessConfig>[], asked: Asked = {}): string {
  const { name = "backups/r1", client = "10.0.0.1", uploads = true, caseInsensitive = false } =
    asked;
  const { via = "tftp", local: [address, device] = ["192.0.2.1", "eth0"] } = asked;
  const access = compileAccess({
    rules: rules.map((each) => ({ ...RULE, ...each })),
    uploadsEnabled: uploads,
    caseInsensitive,
  });
  if (access.kind === "bad") assert.fail(JSON.stringify(access.faults));
  const asker = { address: parseAddress(client), mac: () => null };
  const local = {
    address: parseAddress(address),
    interfaces: () => (device === "" ? [] : [device]),
  };
  const may = (operation: "read" | "write") =>
    access.refuse({ operation, via, name: fileName(name), client: asker, local }) === null;
  return (may("read") ? "r" : "-") + (may("write") ? "w" : "-");
}

test("without rules everybody reads, and writes where uploads are on", () => {
  assert.equal(allowed([]), "rw");
  assert.equal(allowed([], { uploads: false }), "r-");
});

test("uploads that are off are off, whatever the rules say", () => {
  assert.equal(allowed([{ allow: ["read", "write"] }], { uploads: false }), "r-");
});

test("the first rule that fits decides", () => {
  const rules = [
    { paths: ["backups/secret/**"], allow: [] },
    { clients: ["10.0.0.0/8"], paths: ["backups/**"], allow: ["read", "write"] as const },
    { paths: ["backups/**"], allow: [] },
  ];
  assert.equal(allowed(rules), "rw");
  assert.equal(allowed(rules, { name: "backups/secret/x" }), "--");
  assert.equal(allowed(rules, { client: "192.0.2.1" }), "--");
});

test("where rules exist and none fits, reading is allowed and writing is not", () => {
  assert.equal(allowed([{ paths: ["other/**"], allow: ["write"] }]), "r-");
  assert.equal(allowed([{ clients: ["::/0"], allow: [] }]), "r-");
  assert.equal(allowed([{ clients: ["0.0.0.0/0"], allow: [] }], { client: "?" }), "r-");
});

test("a rule may hold for one protocol only", () => {
  const rules = [{ via: "http" as const, allow: ["read", "write"] as const }, { allow: [] }];
  assert.equal(allowed(rules, { via: "http" }), "rw");
  assert.equal(allowed(rules, { via: "tftp" }), "--");
});

test("a tree without letter case has rules without letter case", () => {
  const rules = [{ paths: ["secret/**"], allow: [] }];
  assert.equal(allowed(rules, { name: "SECRET/x" }), "r-");
  assert.equal(allowed(rules, { name: "SECRET/x", caseInsensitive: true }), "--");
});

test("compileAccess() reports every fault with its rule and key", () => {
  const compiled = compileAccess({
    rules: [
      { ...RULE, clients: ["x"], paths: ["[", "a"] },
      { ...RULE, paths: [""] },
      { ...RULE, interfaces: ["["], addresses: ["eth0"] },
    ],
    uploadsEnabled: true,
    caseInsensitive: false,
  });
  assert.ok(compiled.kind === "bad");
  const faults = compiled.faults.map(({ index, key }) => `${index} ${key}`);
  assert.deepEqual(faults, [
    ...["0 clients", "0 paths", "1 paths", "2 interfaces", "2 addresses"],
  ]);
});

test("a rule may be for some interfaces or addresses of ours only", () => {
  const rules = [
    { interfaces: ["eth0", "br-*"], addresses: ["192.0.2.0/24"] },
    { addresses: ["10.0.0.1"], allow: ["write"] as const },
    { allow: ["read"] as const },
  ];
  assert.equal(allowed(rules, { local: ["192.0.2.1", "eth0"] }), "--");
  assert.equal(allowed(rules, { local: ["192.0.2.9", "br-lan"] }), "--");
  assert.equal(allowed(rules, { local: ["192.0.2.1", "eth00"] }), "r-");
  assert.equal(allowed(rules, { local: ["203.0.113.1", "eth0"] }), "r-");
  assert.equal(allowed(rules, { local: ["10.0.0.1", "eth0"] }), "-w");
});

test("where the interface or our address is not known, rules that refuse hold, others do not", () => {
  const rules = [
    { interfaces: ["eth0"], allow: ["write"] as const },
    { addresses: ["192.0.2.0/24"], paths: ["secret/**"] },
  ];
  assert.equal(allowed(rules, { local: ["192.0.2.1", ""], name: "free" }), "--");
  assert.equal(allowed(rules, { local: ["", "eth1"], name: "secret/x" }), "--");
  assert.equal(allowed(rules, { local: ["", "eth1"], name: "free" }), "r-");
});
