// A whole TFTP job: finds the server's addresses, binds, asks with options and, where the server
// does not like those, without.
import { BindError, type Peer } from "../net/driver.ts";
import type { Timing } from "../proto/machine.ts";
import { deservesPlainRequest } from "../proto/opening.ts";
import type { Option, RequestPacket } from "../wire/packet.ts";
import type { Outcome, Watcher } from "./conversation.ts";
import type { ClientEnvironment, HostAddress } from "./environment.ts";
import { Exchange } from "./exchange.ts";
import type { Cargo } from "./filing.ts";
import type { TransferOptions } from "./options.ts";
import { Runner } from "./runner.ts";
import { ownHostTowards, pickTargets } from "./target.ts";
import { printable, shown } from "./text.ts";
import type { Trace } from "./trace.ts";
import type { TftpUrl } from "./url.ts";

export interface TftpJob {
  readonly operation: "rrq" | "wrq";
  readonly url: TftpUrl;
  readonly mode: "octet" | "netascii";
  readonly options: TransferOptions;
  readonly cargo: Cargo;
  /** Offer to receive from a group (RFC 2090); the cargo must be one to gather. */
  readonly multicast: boolean;
  /** The address of the interface to receive groups on; null for the one to the server. */
  readonly interfaceHost: string | null;
  readonly environment: ClientEnvironment;
  readonly trace: Trace | null;
  readonly watch: Watcher;
  /** Told in one line what people should know although it is no failure. */
  readonly note: (text: string) => void;
}

/** What came of a job; `unsent` means that nothing could be asked at all. */
export type TftpEnd =
  | {
    readonly kind: "outcome";
    readonly outcome: Outcome;
    /** What the system refused to send, in words, or null. */
    readonly sendFault: string | null;
  }
  | { readonly kind: "unsent"; readonly reason: string }
  | { readonly kind: "aborted" };

/** Runs the job to its end. Never rejects for what the network or the system do. */
export async function runTftp(job: TftpJob): Promise<TftpEnd> {
  const { environment, url } = job;
  const addresses = await untilAborted(environment.lookup(url.host), environment.signal);
  if (addresses === null) return { kind: "aborted" };
  const targets = pickTargets(addresses);
  if (targets.length === 0) {
    return { kind: "unsent", reason: `Cannot find host ${shown(url.host)}: it has no address` };
  }
  const runner = await Runner.open(environment);
  try {
    return await tryTargets(job, targets, runner);
  } finally {
    await runner.stop(job.cargo);
  }
}

/** With another address in reserve, a silent one gets this many repetitions. */
const RESERVE_RETRIES = 1;
/** First timeout, unless one is asked for. */
export const TIMEOUT_MS_DEFAULT = 1000;

async function tryTargets(job: TftpJob, targets: readonly HostAddress[], runner: Runner) {
  const { timeoutSeconds, retries } = job.options;
  const timeoutMs = timeoutSeconds === null ? TIMEOUT_MS_DEFAULT : timeoutSeconds * 1000;
  let end: Exclude<TftpEnd, { kind: "aborted" }> | null = null;
  for (const [index, target] of targets.entries()) {
    const reserve = index < targets.length - 1;
    const timing = { timeoutMs, retries: reserve ? Math.min(retries, RESERVE_RETRIES) : retries };
    end = await tryTarget(job, target, { runner, timing });
    if (end.kind === "outcome" && !fellSilent(end.outcome)) break;
    if (reserve) {
      const next = targets[index + 1]!.host;
      job.note(`${describe(end)} at ${target.host}, trying ${next}`);
    }
  }
  return end!;
}

function fellSilent({ result, opened }: Outcome): boolean {
  return opened === null && result.kind === "failed" && result.failure.kind === "timeout";
}

function describe(end: { readonly kind: "outcome" } | { kind: "unsent"; reason: string }): string {
  return end.kind === "outcome" ? "No answer" : end.reason;
}

interface Try {
  readonly runner: Runner;
  readonly timing: Timing;
}

async function tryTarget(job: TftpJob, target: HostAddress, { runner, timing }: Try) {
  const server: Peer = { family: target.family, host: target.host, port: job.url.port };
  const attempt = { job, server, runner, timing };
  let request = requestOf(job, target.family);
  try {
    let outcome = await exchange(request, attempt);
    const second = secondRequest(request, outcome);
    if (second !== null) {
      job.note(second.why);
      request = second.request;
      outcome = await exchange(request, attempt);
    }
    const { result, group } = outcome;
    if (job.multicast && group === null && result.kind === "done") {
      job.note("Server offered no group");
    }
    return { kind: "outcome" as const, outcome, sendFault: runner.sendFault };
  } catch (error) {
    if (error instanceof BindError) return { kind: "unsent" as const, reason: error.message };
    throw error;
  }
}

/** What to ask instead, if this outcome leaves something to ask. */
function secondRequest(request: RequestPacket, { result, opened, group }: Outcome) {
  if (group !== null && group.joinFault !== null) {
    const options = request.options.filter(({ name }) => name !== "multicast");
    const why = `Cannot receive from group ${group.name} (${group.joinFault}), asking for unicast`;
    return { why, request: { ...request, options } };
  }
  if (opened !== null || result.kind !== "failed") return null;
  const { failure } = result;
  if (!deservesPlainRequest(request, failure)) return null;
  const words = printable(failure.text);
  const why = `Options are not agreed on (ERROR ${failure.code}, "${words}"), asking without any`;
  return { why, request: { ...request, options: [] } };
}

interface Attempt extends Try {
  readonly job: TftpJob;
  readonly server: Peer;
}

/** One exchange, on a socket of its own: a fresh TID. */
async function exchange(request: RequestPacket, { job, server, runner, timing }: Attempt) {
  const { cargo, trace, watch, environment } = job;
  const own = job.interfaceHost ?? ownHostTowards(server.host, environment.ownNetworks());
  const network = runner.network(own);
  const socket = await runner.bind({ host: server.family === 6 ? "::" : "0.0.0.0", port: 0 });
  const settings = { socket, network, server, request, cargo, timing, trace, watch };
  return await runner.converse((now) => new Exchange(settings, now));
}

/** What fills an Ethernet frame, by the length of the IP header. */
const BLKSIZE_AUTO = { 4: 1468, 6: 1448 } as const;

function requestOf(job: TftpJob, family: 4 | 6): RequestPacket {
  const { blksize, windowsize, tsize, timeoutSeconds } = job.options;
  const options: Option[] = [];
  const offer = (name: string, value: number) => options.push({ name, value: String(value) });
  // netascii has no size that both sides would count alike (RFC 2349 leaves it open).
  if (tsize && job.mode === "octet") {
    offer("tsize", job.cargo.kind === "send" ? job.cargo.source.size : 0);
  }
  if (blksize !== null) offer("blksize", blksize === "auto" ? BLKSIZE_AUTO[family] : blksize);
  if (timeoutSeconds !== null) offer("timeout", timeoutSeconds);
  if (windowsize !== null) offer("windowsize", windowsize);
  if (job.multicast) options.push({ name: "multicast", value: "" });
  return { op: job.operation, name: job.url.name, mode: job.mode, options };
}

/** What the promise gives, or null as soon as the signal is aborted. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  const onAbort = () => resolve(null);
  if (signal.aborted) return null;
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
