// A whole PXE MTFTP job: finds the server, receives from the group, asks where nothing comes.
import { BindError, type Peer } from "../net/driver.ts";
import type { TftpEnd, TftpJob } from "./tftp.ts";
import { MtftpExchange } from "./mtftp_exchange.ts";
import type { MtftpTarget } from "./options.ts";
import { Runner } from "./runner.ts";
import { ownHostTowards } from "./target.ts";
import { shown } from "./text.ts";
import { TIMEOUT_MS_DEFAULT, untilAborted } from "./tftp.ts";

/** Runs the job to its end. Never rejects for what the network or the system do. */
export async function runMtftp(job: TftpJob, target: MtftpTarget): Promise<TftpEnd> {
  const { environment, url, cargo } = job;
  const addresses = await untilAborted(environment.lookup(url.host), environment.signal);
  if (addresses === null) return { kind: "aborted" };
  const address = addresses.find(({ family }) => family === 4);
  if (address === undefined) {
    return { kind: "unsent", reason: `Cannot find host ${shown(url.host)}: no IPv4 address` };
  }
  const runner = await Runner.open(environment);
  try {
    const server: Peer = { family: 4, host: address.host, port: target.serverPort };
    const outcome = await converse(job, { target, server, runner });
    return { kind: "outcome", outcome, sendFault: runner.sendFault };
  } catch (error) {
    if (error instanceof BindError) return { kind: "unsent", reason: error.message };
    throw error;
  } finally {
    await runner.stop(cargo);
  }
}

interface Place {
  readonly target: MtftpTarget;
  readonly server: Peer;
  readonly runner: Runner;
}

async function converse(job: TftpJob, { target, server, runner }: Place) {
  const { options, environment, url, cargo, trace, watch } = job;
  const own = job.interfaceHost ?? ownHostTowards(server.host, environment.ownNetworks());
  const { address, clientPort } = target;
  const groupSocket = await runner.network(own).joinGroup(address, clientPort);
  const socket = await bindOwn(runner, own, clientPort);
  const timeoutMs = (options.timeoutSeconds ?? 0) * 1000 || TIMEOUT_MS_DEFAULT;
  return await runner.converse((now) =>
    new MtftpExchange({
      socket,
      groupSocket,
      server,
      groupName: `${address}:${clientPort}`,
      name: url.name,
      cargo,
      timing: { timeoutMs, retries: options.retries },
      trace,
      watch,
    }, now)
  );
}

/**
 * PXE asks from the client port, and some servers send block 1 there whatever port asked. Where
 * that port is taken, any other does with most servers.
 */
async function bindOwn(runner: Runner, own: string | null, port: number) {
  // A socket for all addresses would hear what is sent to the group, too.
  if (own === null) return await runner.bind({ host: "0.0.0.0", port: 0 });
  try {
    return await runner.bind({ host: own, port });
  } catch (error) {
    if (error instanceof BindError) return await runner.bind({ host: own, port: 0 });
    throw error;
  }
}
