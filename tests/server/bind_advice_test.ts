// What an operator without root is told: every port that has to change is named, and no other.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { bindAdvice, type WantedPorts } from "../../src/server/bind_advice.ts";
import type { BindRefusal } from "../../src/server/bound.ts";

const WANTED: WantedPorts = {
  tftp: { port: 69, portRange: null },
  http: { port: 80 },
  mtftp: [],
};

function refused(port: number, reason: BindRefusal["reason"] = "denied"): BindRefusal {
  return { text: `Cannot bind ${port}`, reason, port };
}

/** The way out that needs no privilege, as the last line says it. */
function wayOut(ports: readonly number[], wanted: Partial<WantedPorts> = {}): string {
  const text = bindAdvice(ports.map((port) => refused(port)), { ...WANTED, ...wanted });
  return text.split("\n").at(-1)!;
}

test("bindAdvice() gives the ways out of a refused port below 1024", () => {
  assert.deepEqual(bindAdvice([refused(69), refused(80)], WANTED).split("\n"), [
    "Cannot bind 69",
    "Cannot bind 80",
    "Ports below 1024 need a privilege. Any of these gives it, or does without:",
    `  sudo setcap cap_net_bind_service=+ep ${process.execPath}`,
    "  a systemd unit with AmbientCapabilities=CAP_NET_BIND_SERVICE",
    "  bootsrv --tftp-port 6969 --http-port 8069",
  ]);
});

test("bindAdvice() names the flag of the port that was refused only", () => {
  assert.equal(wayOut([80]), "  bootsrv --http-port 8069");
  assert.equal(wayOut([69], { http: { port: 8080 } }), "  bootsrv --tftp-port 6969");
});

test("bindAdvice() names the entries of MTFTP whose port was refused", () => {
  const tftp = { port: 6969, portRange: null };
  const mtftp = [{ serverPort: 75 }, { serverPort: 1759 }, { serverPort: 76 }];
  assert.equal(wayOut([75], { tftp, mtftp }), "  server-port = 1759 in [[mtftp]] 1, 3");
});

test("bindAdvice() names what would be refused next, too", () => {
  const tftp = { port: 69, portRange: { first: 1000, last: 1099 } };
  assert.equal(
    wayOut([69], { tftp, mtftp: [{ serverPort: 75 }] }),
    "  bootsrv --tftp-port 6969 --port-range 20000-20099, and server-port = 1759 in [[mtftp]] 1",
  );
});

test("bindAdvice() names the range of TIDs that was refused", () => {
  const tftp = { port: 6969, portRange: { first: 900, last: 950 } };
  assert.equal(wayOut([900], { tftp }), "  bootsrv --port-range 20000-20099");
});

test("bindAdvice() speaks of no privilege where a port needs none", () => {
  const tftp = { port: 6969, portRange: null };
  assert.equal(bindAdvice([refused(6969)], { ...WANTED, tftp }), "Cannot bind 6969");
});

test("bindAdvice() says who has a port that is in use, once for all addresses", () => {
  assert.deepEqual(bindAdvice([refused(69, "in-use"), refused(69, "in-use")], WANTED).split("\n"), [
    "Cannot bind 69",
    "Cannot bind 69",
    'Another program has port 69: "ss -lunpt sport = :69" names it',
  ]);
});
