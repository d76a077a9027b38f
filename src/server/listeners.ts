// Everything that is bound: the TFTP workers and the HTTP listeners, on addresses of the
// configuration or on sockets that whoever started us has opened.
import type { Config } from "../config/config.ts";
import type { HttpApp, HttpClock } from "../http/exchange.ts";
import {
  HttpBindError,
  type HttpListener,
  listenHttp,
  type ListenOptions,
} from "../http/listener.ts";
import type { BindRefusal, Bound } from "./bound.ts";
import type { Given, GivenListener } from "./given.ts";
import { startTftp, type TftpEvents, type TftpServer } from "./tftp/tftp.ts";

/** What the listeners serve, and whom they tell. */
export interface ListenersOptions {
  readonly given: Given;
  readonly app: HttpApp;
  readonly events: TftpEvents;
  readonly clock: HttpClock;
}

/** Bound sockets and the threads behind them. */
export interface Listeners {
  /** Null where TFTP is off. */
  readonly tftp: TftpServer | null;
  /** Where TFTP and HTTP listen. */
  readonly bound: { readonly tftp: readonly Bound[]; readonly http: readonly Bound[] };
  /** Tells TFTP peers this text, lets HTTP answers end for a moment, closes everything. */
  close(text: string): Promise<void>;
}

/** Binds all of it; what could not be had is in `faults`, and then the rest is to be closed. */
export async function openListeners(
  config: Config,
  options: ListenersOptions,
): Promise<{ readonly listeners: Listeners; readonly faults: readonly BindRefusal[] }> {
  const { given, events } = options;
  const faults: BindRefusal[] = [];
  let tftp: TftpServer | null = null;
  if (given.udp === null ? config.tftp.port !== null : given.udp.length > 0) {
    const fds = given.udp?.map(({ fd }) => fd) ?? null;
    const started = await startTftp(config, { events, given: fds });
    if (started.kind === "fault") faults.push(...started.faults);
    else tftp = started;
  }
  const http: HttpListener[] = [];
  const covered: Bound[] = [];
  for (const place of httpPlaces(config, given.tcp)) {
    // A free port picked for the first address is asked for at the others, too.
    const port = place.port === 0 ? http[0]?.port ?? 0 : place.port;
    const listener = await openHttp({ ...place, port }, { config, options });
    if (!(listener instanceof HttpBindError)) {
      http.push(listener);
    } else if (isCovered(listener, http)) {
      covered.push({ address: place.host, port });
    } else if (!isSoft(listener, config)) {
      faults.push({ text: listener.message, reason: listener.reason, port: place.port });
    }
  }
  const bound = {
    tftp: tftp?.bound ?? [],
    http: [...http.map(({ host, port }) => ({ address: host, port })), ...covered],
  };
  const close = async (text: string) => {
    await Promise.all([tftp?.stop(text), ...http.map((listener) => listener.close())]);
  };
  return { listeners: { tftp, bound, close }, faults };
}

/** As long as TFTP workers may take. */
const CLOSE_MS = 2_000;

type HttpPlace = Pick<ListenOptions, "host" | "port" | "fd">;

function httpPlaces(
  { http: { port }, addresses }: Config,
  given: readonly GivenListener[] | null,
): readonly HttpPlace[] {
  if (given !== null) return given;
  if (port === null) return [];
  const hosts = addresses.length > 0 ? addresses : ["0.0.0.0", "::"];
  // "::" first: both runtimes open it for IPv4 as well, whatever `ipv6Only` says, and cannot do so
  // once an IPv4 address has the port.
  const isWildcard = (host: string) => host === "::" ? 1 : 0;
  return hosts.toSorted((a, b) => isWildcard(b) - isWildcard(a)).map((host) => ({ host, port }));
}

async function openHttp(
  place: HttpPlace,
  { config, options }: { readonly config: Config; readonly options: ListenersOptions },
): Promise<HttpListener | HttpBindError> {
  const { app, clock, events: { notice } } = options;
  const connectionsMax = config.limits.httpConnectionsMax;
  const timeouts = { closeMs: CLOSE_MS };
  try {
    return await listenHttp({ ...place, app, clock, notice, connectionsMax, timeouts });
  } catch (error) {
    if (error instanceof HttpBindError) return error;
    throw error;
  }
}

/** An address whose connections our own listener at "::" takes already. */
function isCovered({ reason }: HttpBindError, open: readonly HttpListener[]): boolean {
  return reason === "in-use" && open.some(({ host }) => host === "::");
}

/** A machine without IPv6 is no fault, unless an IPv6 address was asked for. */
function isSoft({ host, reason }: HttpBindError, { addresses }: Config): boolean {
  return addresses.length === 0 && host.includes(":") &&
    (reason === "no-family" || reason === "unavailable");
}
