// Which TIDs a peer has just had (RFC 1350 §4: a TID is not given again while late packets of its
// last transfer may be under way).
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer, UdpSocket } from "../../src/net/driver.ts";
import { Acquaintances } from "../../src/tftp/acquaintances.ts";
import type { Transfer } from "../../src/tftp/transfer.ts";

const socketOf = (port: number) => ({ port }) as UdpSocket;
const listener = socketOf(69);
const transferOf = (socket: UdpSocket, peer: Peer) =>
  ({ route: { listener, socket, peer, local: null } }) as Transfer;
const peerOf = (port: number): Peer => ({ family: 4, host: "192.0.2.1", port });

function over(known: Acquaintances, transfer: Transfer, now: number) {
  known.started(transfer);
  known.ended(transfer, now);
}

test("a running transfer is found by its TID and by where it was asked for", () => {
  const known = new Acquaintances();
  const [socket, peer] = [socketOf(1), peerOf(9)];
  const transfer = transferOf(socket, peer);
  assert.equal(known.knows(peer), false);
  known.started(transfer);
  assert.equal(known.transferAt(socket, peer), transfer);
  assert.equal(known.transferAt(socketOf(1), peer), null);
  assert.equal(known.askedAt(listener, peer), transfer);
  assert.deepEqual([...known.transfers()], [transfer]);
  known.ended(transfer, 0);
  assert.equal(known.transferAt(socket, peer), null);
  assert.equal(known.askedAt(listener, peer), null);
  assert.equal(known.knows(peer), true);
  known.sweep(2000);
  assert.equal(known.knows(peer), false);
});

test("a peer whose transfer runs is known however long its last one is over", () => {
  const known = new Acquaintances();
  const [first, second, peer] = [socketOf(1), socketOf(2), peerOf(9)];
  over(known, transferOf(first, peer), 0);
  const transfer = transferOf(second, peer);
  known.started(transfer);
  known.sweep(5000);
  assert.equal(known.transferAt(second, peer), transfer);
  known.ended(transfer, 5000);
  known.sweep(7000);
  assert.equal(known.knows(peer), false);
});

test("a TID is known for two seconds after its transfer", () => {
  const known = new Acquaintances();
  const [socket, other, peer] = [socketOf(1), socketOf(2), peerOf(9)];
  over(known, transferOf(socket, peer), 0);
  assert.equal(known.hadJustNow(socket, peer), true);
  assert.equal(known.hadJustNow(other, peer), false);
  assert.equal(known.hadJustNow(socket, peerOf(9)), false);
  assert.equal(known.next, 2000);
  known.sweep(1999);
  assert.equal(known.lastTid(peer), socket);
  known.sweep(2000);
  assert.equal(known.hadJustNow(socket, peer), false);
  assert.equal(known.lastTid(peer), null);
  assert.equal(known.next, Infinity);
});

test("a TID that the same peer had twice is known from the second time on", () => {
  const known = new Acquaintances();
  const [first, second, peer] = [socketOf(1), socketOf(2), peerOf(9)];
  over(known, transferOf(first, peer), 0);
  over(known, transferOf(second, peer), 500);
  over(known, transferOf(first, peer), 1000);
  assert.equal(known.lastTid(peer), first);
  known.sweep(2000);
  assert.equal(known.hadJustNow(first, peer), true);
  known.sweep(2500);
  assert.equal(known.hadJustNow(second, peer), false);
  assert.equal(known.hadJustNow(first, peer), true);
  known.sweep(3000);
  assert.equal(known.hadJustNow(first, peer), false);
});

test("a TID that the same peer had twice within a millisecond is forgotten once", () => {
  const known = new Acquaintances();
  const [socket, peer] = [socketOf(1), peerOf(9)];
  over(known, transferOf(socket, peer), 0);
  over(known, transferOf(socket, peer), 0);
  known.sweep(2000);
  assert.equal(known.hadJustNow(socket, peer), false);
  assert.equal(known.next, Infinity);
});

test("of very many the oldest are forgotten early", () => {
  const known = new Acquaintances();
  const socket = socketOf(1);
  const peers = Array.from({ length: 20_001 }, (_, port) => peerOf(port));
  for (const peer of peers) over(known, transferOf(socket, peer), 0);
  assert.equal(known.hadJustNow(socket, peers[0]!), false);
  assert.equal(known.hadJustNow(socket, peers[1]!), true);
  known.sweep(2000);
  assert.equal(known.hadJustNow(socket, peers.at(-1)!), false);
});

test("a peer is known whose last transfer but one is the oldest of all that are remembered", () => {
  const known = new Acquaintances();
  const [first, second, peer] = [socketOf(1), socketOf(2), peerOf(9)];
  over(known, transferOf(first, peer), 0);
  for (let port = 1; port < 20_000; port++) over(known, transferOf(first, peerOf(port)), 0);
  over(known, transferOf(second, peer), 0);
  assert.equal(known.hadJustNow(first, peer), false);
  assert.equal(known.hadJustNow(second, peer), true);
});
