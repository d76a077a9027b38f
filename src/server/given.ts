// Sockets that whoever started us has opened: inetd's request socket, or those of a systemd socket
// unit. They take the place of the addresses and the port of their protocol.
import { openLibc } from "../sys/libc.ts";
import { passedDescriptors } from "../sys/activation.ts";
import { closeOnExec, type GivenSocket, lookAtSocket } from "../sys/socket.ts";
import { loadPlatform } from "../platform/index.ts";

export type GivenListener = Pick<GivenSocket, "fd" | "host" | "port">;

/** By protocol; null where we bind our own. */
export interface Given {
  readonly udp: readonly GivenListener[] | null;
  readonly tcp: readonly GivenListener[] | null;
}

/** Who started us, as far as it matters. */
export interface GivenOptions {
  /** The request socket is descriptor 0, and there is nothing but TFTP. */
  readonly inetd: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
}

/** What we were given. Rejects with what is wrong where that cannot be served. */
export async function givenSockets(options: GivenOptions): Promise<Given> {
  if (options.inetd) return { udp: [await requestSocket()], tcp: [] };
  const passed = passedDescriptors(options.env, options.pid);
  if (passed.length === 0) return { udp: null, tcp: null };
  const libc = await openLibc();
  const sockets = passed.map(({ fd, name }) => {
    closeOnExec(libc, fd);
    const where = `descriptor ${fd} (${name === "" ? "no name" : `"${name}"`}) of the socket unit`;
    try {
      return { ...lookAtSocket(libc, fd), where };
    } catch (error) {
      throw new Error(`Cannot serve ${where}: ${(error as Error).message}`);
    }
  });
  const other = sockets.find(({ kind }) => kind === "other");
  if (other !== undefined) {
    throw new Error(
      `Cannot serve ${other.where}: only ListenDatagram= and ListenStream= with Accept=no`,
    );
  }
  const udp = sockets.filter(({ kind }) => kind === "udp");
  const tcp = sockets.filter(({ kind }) => kind === "tcp-listener");
  if (tcp.length > 0) await assertAdoptsTcp(tcp[0]!.where);
  return { udp: udp.length > 0 ? udp : null, tcp: tcp.length > 0 ? tcp : null };
}

async function requestSocket(): Promise<GivenListener> {
  let socket: GivenSocket | null = null;
  try {
    socket = lookAtSocket(await openLibc(), 0);
  } catch {
    // What it is instead does not matter.
  }
  if (socket?.kind === "udp") return socket;
  throw new Error(
    "Cannot serve standard input: --inetd wants the UDP request socket there, " +
      'as inetd gives it for "dgram udp wait"',
  );
}

// Bun's node:http listens somewhere else when it is given a descriptor, and says nothing.
async function assertAdoptsTcp(where: string): Promise<void> {
  if ((await loadPlatform()).name !== "bun") return;
  throw new Error(
    `Cannot serve ${where}: this build cannot take over listening TCP sockets. ` +
      "Remove ListenStream= from the socket unit: bootsrv then binds the HTTP port itself, " +
      "for which the service needs AmbientCapabilities=CAP_NET_BIND_SERVICE",
  );
}
