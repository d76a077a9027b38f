// A server that somebody else starts with sockets that are open already, as inetd and systemd do:
// python binds them, puts them in place and becomes the server.
import { spawn } from "node:child_process";
import process from "node:process";
import { ROOT } from "../../scripts/lib/project.ts";
import { bootsrvCommand, delay, logged } from "./harness.ts";

/** Binds, prints the ports, and becomes the command in the arguments. */
const STARTER = `
import fcntl, json, os, select, socket, sys
order = json.loads(sys.argv[1])
sockets = []
for want in order["sockets"]:
    family = socket.AF_INET6 if ":" in want["host"] else socket.AF_INET
    kind = socket.SOCK_DGRAM if want["kind"] == "udp" else socket.SOCK_STREAM
    one = socket.socket(family, kind)
    one.bind((want["host"], 0))
    if want["kind"] == "tcp": one.listen(16)
    sockets.append(one)
print(json.dumps([one.getsockname()[1] for one in sockets]), flush=True)
if order["awaitsRequest"]: select.select([sockets[0]], [], [])
# Out of the way of the places that they go to.
held = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 20) for one in sockets]
for place, fd in zip(order["places"], held): os.dup2(fd, place, inheritable=True)
for extra in order["also"]: os.dup2(held[0], extra, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ.update(order["env"])
os.execvp(sys.argv[2], sys.argv[2:])
`;

/** What to open and where to put it. */
export interface StarterOrder {
  readonly sockets: readonly { readonly kind: "udp" | "tcp"; readonly host: string }[];
  /** The descriptor for each socket. */
  readonly places: readonly number[];
  /** Descriptors that are to be the first socket, too. */
  readonly also?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  /** Start the server when something has come in at the first socket, as inetd does. */
  readonly awaitsRequest?: boolean;
  readonly args: readonly string[];
}

/** A server with sockets that it was given. Whoever started it stops it. */
export interface GivenServer {
  /** In the order of the sockets. */
  readonly ports: readonly number[];
  log(): string;
  /** Resolves when the log has it; rejects with the log where it does not come. */
  logged(pattern: RegExp): Promise<void>;
  /** Its exit status, once it has ended by itself; null for one that was killed. */
  readonly ended: Promise<number | null>;
  stop(): Promise<number | null>;
}

const STOP_MS = 60_000;

/** Starts it; resolves when its sockets are open, which is before it serves. */
export async function startGiven(order: StarterOrder): Promise<GivenServer> {
  const { args, also = [], env = {}, awaitsRequest = false, ...rest } = order;
  const plan = JSON.stringify({ ...rest, also, env, awaitsRequest });
  const command = ["-c", STARTER, plan, ...bootsrvCommand(), ...args];
  const child = spawn("python3", command, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.pid !== undefined && child.exitCode === null && child.kill("SIGKILL");
  process.on("exit", kill);
  let [log, first] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (chunk) => log += chunk);
  // Not "exit": what it said last may come after that.
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  void ended.then(() => process.off("exit", kill));
  const ports = await new Promise<readonly number[]>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      first += chunk;
      if (first.includes("\n")) resolve(JSON.parse(first));
    });
    void ended.then(() => reject(new Error(`The starter has ended:\n${log}`)));
  });
  return {
    ports,
    log: () => log,
    logged: (pattern) => logged({ log: () => log }, pattern),
    ended,
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(child.pid, "SIGTERM");
      const code = await Promise.race([ended, delay(STOP_MS).then(() => "late" as const)]);
      if (code === "late") kill();
      return code === "late" ? null : code;
    },
  };
}
