// Keys that exclude each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, MtftpConfig } from "../../src/config/config.ts";
import { conflictsOf } from "../../src/config/conflicts.ts";
import { loadGood } from "./loading.ts";

const ENTRY: MtftpConfig = {
  file: "boot/winpe.img",
  address: "239.255.70.1",
  clientPort: 1758,
  serverPort: 1759,
  openTimeoutMs: 3000,
  reopenTimeoutMs: 6000,
  delayMs: 0,
};

async function conflicts(change: (config: Config) => Partial<Config>): Promise<readonly string[]> {
  const defaults = await loadGood({});
  return conflictsOf({ ...defaults, ...change(defaults) }).map(({ path, message }) =>
    `${path.join(".")}: ${message}`
  );
}

test("the defaults have no conflict", async () => {
  assert.deepEqual(await conflicts(() => ({})), []);
});

test("chroot and group need a user", async () => {
  assert.deepEqual(await conflicts(() => ({ chroot: true, group: "nogroup" })), [
    'chroot: "chroot" needs "user": root can leave a chroot',
    'group: "group" needs "user": a change of group alone takes no privilege away',
  ]);
  assert.deepEqual(await conflicts(() => ({ chroot: true, user: "nobody", group: "nogroup" })), []);
});

test("several workers need the Linux driver, and a port each to answer from", async () => {
  const found = await conflicts(({ tftp }) => ({
    tftp: { ...tftp, workers: 3, driver: "portable", portRange: { first: 20000, last: 20001 } },
  }));
  assert.deepEqual(found, [
    'tftp.workers: "workers" is 3, and the portable driver cannot share its port among them',
    'tftp.port-range: "port-range" "20000-20001" has fewer ports than there are workers (3)',
  ]);
});

test("a folder outside of the chroot cannot be searched", async () => {
  const found = await conflicts(() => ({
    chroot: true,
    user: "nobody",
    root: "/srv/boot",
    search: ["/srv/boot/more", "/srv/boots"],
  }));
  assert.deepEqual(found, [
    'search.1: "search" folder "/srv/boots" lies outside the root, and "chroot" is set',
  ]);
});

test("nothing outside of the chroot can be mounted, be a client's root or a hook", async () => {
  const found = await conflicts((config) => ({
    hooks: { ...config.hooks, transferEnd: "/usr/bin/hook" },
    chroot: true,
    user: "nobody",
    root: "/srv/boot",
    mounts: [{ at: "a", path: "/srv/boot/a" }, { at: "b", path: "/mnt" }],
    clientRoots: ["{ip}", "/srv/clients/{mac}"].map((path) => (
      { path, fallback: "file" as const, clients: [], interfaces: [], addresses: [] }
    )),
  }));
  assert.deepEqual(found, [
    'mount.1.path: "mount" folder "/mnt" lies outside the root, and "chroot" is set',
    'client-root.1.path: "client-root" folder "/srv/clients/{mac}" lies outside the root, and ' +
    '"chroot" is set',
    'hooks.transfer-end: "transfer-end" program "/usr/bin/hook" lies outside the root, and ' +
    '"chroot" is set',
  ]);
});

test("two mounts cannot have one name", async () => {
  const mounts = [{ at: "a", path: "/x" }, { at: "a", path: "/y" }];
  assert.deepEqual(await conflicts(() => ({ mounts })), [
    'mount.1.at: [[mount]] 2 is at "a", as [[mount]] 1 is',
  ]);
});

test("two [[mtftp]] must not share address and client port", async () => {
  const other = { ...ENTRY, serverPort: 1760 };
  assert.deepEqual(await conflicts(() => ({ mtftp: [ENTRY, other] })), [
    'mtftp.1.client-port: [[mtftp]] 2 sends to "239.255.70.1:1758", as [[mtftp]] 1 does',
  ]);
  const apart = { ...ENTRY, clientPort: 1760 };
  assert.deepEqual(await conflicts(() => ({ mtftp: [ENTRY, apart] })), []);
});

test("a [[mtftp]] server port is neither the TFTP port nor a transfer's", async () => {
  const found = await conflicts(({ tftp }) => ({
    tftp: { ...tftp, portRange: { first: 20000, last: 20099 } },
    mtftp: [{ ...ENTRY, serverPort: 69 }, { ...ENTRY, clientPort: 2000, serverPort: 20001 }],
  }));
  assert.deepEqual(found, [
    'mtftp.0.server-port: [[mtftp]] 1 has 69 as "server-port", the listening port of TFTP',
    'mtftp.1.server-port: [[mtftp]] 2 has 20001 as "server-port", which is in "port-range" ' +
    '"20000-20099"',
  ]);
});

test("a [[mtftp]] group is none that RFC 2090 transfers may be given", async () => {
  const mtftp = [{ ...ENTRY, address: "239.255.69.9", clientPort: 1800 }];
  assert.equal((await conflicts(() => ({ mtftp }))).length, 1);
  const off = await conflicts(({ tftp }) => ({
    mtftp,
    tftp: { ...tftp, multicast: { ...tftp.multicast, enabled: false } },
  }));
  assert.deepEqual(off, []);
});

test("multicast ports may overlap the port range once multicast is off", async () => {
  const portRange = { first: 1700, last: 1900 };
  assert.equal((await conflicts(({ tftp }) => ({ tftp: { ...tftp, portRange } }))).length, 1);
  const optionsDisabled = ["multicast" as const];
  const off = await conflicts(({ tftp }) => ({ tftp: { ...tftp, portRange, optionsDisabled } }));
  assert.deepEqual(off, []);
});

test("an address is listened on once, and not beside the wildcard of its family", async () => {
  const addresses = ["10.0.0.1", "10.0.0.1", "::", "2001:db8::1", "fe80::1%a", "fe80::1%b"];
  assert.deepEqual(await conflicts(() => ({ addresses: addresses.slice(0, 3) })), [
    'address.1: "address" has "10.0.0.1" twice',
  ]);
  assert.deepEqual(await conflicts(() => ({ addresses: addresses.slice(2, 4) })), [
    'address.1: "address" has both "::", which is every address, and "2001:db8::1"',
  ]);
  assert.deepEqual(await conflicts(() => ({ addresses: addresses.slice(3) })), []);
});
