// What each of several TFTP workers gets of one configuration.
import assert from "node:assert/strict";
import { test } from "node:test";
import { shareOf } from "../../../src/server/tftp/worker_share.ts";
import { loadGood } from "../../config/loading.ts";

const CONFIG = await loadGood({
  file: `
    root = "/srv"
    [tftp]
    port-range = "20000-20009"
    [tftp.multicast]
    ports = "1758-1759"
    [limits]
    transfers-max = 100
    [[mtftp]]
    file = "a"
    address = "239.255.70.1"
    client-port = 1758
    server-port = 1759
  `,
});

test("One worker has all of it", () => {
  assert.equal(shareOf(CONFIG, { index: 0, workers: 1 }), CONFIG);
});

test("Ports are divided without gap or overlap", () => {
  const shares = [0, 1, 2].map((index) => shareOf(CONFIG, { index, workers: 3 }));
  assert.deepEqual(shares.map(({ tftp }) => tftp.portRange), [
    { first: 20000, last: 20002 },
    { first: 20003, last: 20005 },
    { first: 20006, last: 20009 },
  ]);
  assert.deepEqual(shares.map(({ limits }) => limits.transfersMax), [34, 34, 34]);
});

test("A worker for which no group port is left serves no groups", () => {
  const shares = [0, 1, 2].map((index) => shareOf(CONFIG, { index, workers: 3 }));
  const ports = shares.map(({ tftp: { multicast } }) =>
    multicast.enabled ? [multicast.ports.first, multicast.ports.last] : null
  );
  assert.deepEqual(ports, [null, [1758, 1758], [1759, 1759]]);
});

test("MTFTP, which has one port for each file, is served by the first worker", () => {
  const shares = [0, 1].map((index) => shareOf(CONFIG, { index, workers: 2 }));
  assert.deepEqual(shares.map(({ mtftp }) => mtftp.length), [1, 0]);
});
