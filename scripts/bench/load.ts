// The load process: `load.ts ORDER`, an order in JSON; prints a result in JSON. Started by the
// benchmark as a process of its own, because the driver blocks its thread.
import process from "node:process";
import { createLinuxDriver } from "../../src/net/linux.ts";
import { LinuxLocal } from "../../src/net/linux_local.ts";
import { openLibc } from "../../src/sys/libc.ts";
import { encodeAddress } from "../../src/sys/sockaddr.ts";
import { PretendedLink } from "./link.ts";
import { Load } from "./load_host.ts";
import type { LoadOrder } from "./order.ts";

const order: LoadOrder = JSON.parse(process.argv[2] ?? "");
const driver = await createLinuxDriver();
const locals = await addresses(order.clients);
const load = new Load(order, { locals, over: () => driver.stop() });
const link = order.link === null ? null : new PretendedLink(order.link, load);
for (let i = 0; i < order.sockets; i++) {
  const socket = await driver.bind({ host: "0.0.0.0", port: 0 });
  load.sockets.push(link?.wrap(socket) ?? socket);
}
await driver.run(link ?? load);
console.log(JSON.stringify(load.meter.result()));

/** An address of the loopback network for each reader, as clients have in reality. */
async function addresses(count: number): Promise<LinuxLocal[]> {
  const libc = await openLibc();
  return Array.from({ length: count }, (_, index) => {
    const host = `127.1.${index >> 8}.${index & 0xff}`;
    const words = encodeAddress(libc, { host, port: 0 })!;
    return new LinuxLocal(libc, { words, index: 0, broadcast: false });
  });
}
