// The whole TFTP endpoint on a simulated driver, disk and clock, and hosts that send it whatever a
// test wants. Everything that comes back is one line of text.
import { printPacket } from "../proto/trace.ts";
import type { Config, TftpConfig, UploadConfig } from "../../src/config/config.ts";
import { faultLine } from "../../src/config/faults.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Limits } from "../../src/resolve/admission.ts";
import type { Report } from "../../src/resolve/report.ts";
import { createResolver } from "../../src/resolve/resolve.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import { singleTree } from "../../src/storage/trees.ts";
import { Endpoint } from "../../src/tftp/endpoint.ts";
import type { Settings } from "../../src/tftp/settings.ts";
import { decodePacket, encodePacket, type Packet } from "../../src/wire/packet.ts";
import { SimulatedDriver, type Station } from "./driver.ts";
import { Link, type Path } from "./link.ts";
import { Random } from "./random.ts";
import { SimulatedUploads } from "./uploads.ts";
import { World } from "./world.ts";

export interface BenchOptions {
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  readonly tftp?: Partial<TftpConfig>;
  readonly limits?: Partial<Limits>;
  readonly upload?: Partial<UploadConfig>;
  readonly diskMs?: number;
  readonly seed?: number;
}

/** Uploads are allowed as soon as they are enabled. */
const TOML = `root = "/srv/boot"
[[access]]
allow = ["read", "write"]`;

/** One millisecond each way, and nothing goes wrong. */
const WIRE: Path = {
  delayMs: 1,
  bytesPerMs: Infinity,
  queueBytes: Infinity,
  jitterMsMax: 0,
  random: new Random(0),
  rules: [],
};

export class Bench {
  readonly world = new World();
  readonly driver = new SimulatedDriver(this.world);
  readonly files = new Map<string, Uint8Array>();
  readonly uploads: SimulatedUploads;
  readonly reports: Report[] = [];
  readonly notices: string[] = [];
  readonly endpoint: Endpoint;
  readonly #config: Config;

  /** A server that listens on port 69. */
  static async start(options: BenchOptions = {}): Promise<Bench> {
    const bench = new Bench(options, await defaults());
    await bench.endpoint.listen({ kind: "bind", host: "0.0.0.0" });
    void bench.driver.run(bench.endpoint);
    return bench;
  }

  private constructor(options: BenchOptions, config: Config) {
    this.#config = config;
    for (const [name, content] of Object.entries(options.files ?? {})) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      this.files.set(name, bytes);
    }
    const { world, files, driver } = this;
    this.uploads = new SimulatedUploads({ world, files, diskMs: options.diskMs ?? 5 });
    const random = new Random(options.seed ?? 1);
    this.endpoint = new Endpoint({
      driver,
      settings: this.settings(options),
      uploads: this.uploads,
      random: () => random.next(),
      report: (report) => void this.reports.push(report),
      notice: (text) => void this.notices.push(text),
    });
  }

  settings(options: BenchOptions): Settings {
    const config = this.#config;
    const store = createMemoryStore(this.files);
    const unlimited = {
      transfersMax: 0,
      transfersPerClientMax: 0,
      requestsPerSecondPerClientMax: 0,
    };
    return {
      tftp: { ...config.tftp, port: 69, ...options.tftp },
      limits: { ...unlimited, ...options.limits },
      resolver: createResolver({
        ...config,
        upload: { ...config.upload, create: true, ...options.upload },
        trees: singleTree(store),
        now: () => this.world.now,
      }),
    };
  }

  /** A host on the wire; `path` makes its links worse than perfect. */
  client(host = "10.0.0.2", port = 2000, path: Partial<Path> = {}): Client {
    return new Client(this, { host, port, path: { ...WIRE, ...path } });
  }

  /** Lets virtual time pass. */
  pass(ms: number) {
    const until = this.world.now + ms;
    this.world.schedule(until, () => {});
    this.world.run(until);
  }

  /** The outcomes reported since the last call. */
  outcomes(): string[] {
    return this.reports.splice(0).map((report) =>
      report.reason === "" ? report.outcome : `${report.outcome}: ${report.reason}`
    );
  }
}

async function defaults(): Promise<Config> {
  const flags = { config: "/bench.toml" };
  const loaded = await loadConfig({ flags, env: {}, cwd: "/", readFile: () => TOML });
  if (loaded.kind === "faults") throw new Error(loaded.faults.map(faultLine).join("\n"));
  return loaded.config;
}

/** A host that sends packets and notes what comes back: `69 ERROR 1 …`, `tid DATA 1 (512)`. */
export class Client {
  readonly station: Station;
  readonly port: number;
  readonly datagrams: { readonly fromPort: number; readonly bytes: Uint8Array }[] = [];
  /** The server's port for the last transfer: where a packet came from that was not port 69. */
  tid = 0;
  readonly #bench: Bench;
  #lines: string[] = [];

  constructor(bench: Bench, what: { host: string; port: number; path: Path }) {
    this.#bench = bench;
    this.port = what.port;
    this.station = {
      host: what.host,
      toServer: new Link(bench.world, what.path),
      toClient: new Link(bench.world, what.path),
      receive: (port, bytes, fromPort) => this.#receive(port, bytes, fromPort),
    };
    bench.driver.attach(this.station);
  }

  /** Sends, lets 5 ms pass and gives what came back. */
  say(packet: Packet | Uint8Array, options: SayOptions = {}): string[] {
    const bytes = packet instanceof Uint8Array ? packet : encodePacket(packet);
    const from = { station: this.station, port: options.from ?? this.port };
    this.#bench.driver.send(from, options.to ?? 69, bytes, options.broadcast);
    this.#bench.pass(options.waitMs ?? 5);
    return this.heard();
  }

  /** To port 69: `rrq("f", "blksize 1024 tsize 0")`. */
  rrq(name: string, options = "", say: SayOptions & { mode?: string } = {}): string[] {
    return this.say(request("rrq", { name, mode: say.mode ?? "octet", options }), say);
  }

  wrq(name: string, options = "", say: SayOptions & { mode?: string } = {}): string[] {
    return this.say(request("wrq", { name, mode: say.mode ?? "octet", options }), say);
  }

  /** To the transfer's TID. */
  ack(block: number, say: SayOptions = {}): string[] {
    return this.say({ op: "ack", block }, { to: this.tid, ...say });
  }

  data(block: number, payload: string, say: SayOptions = {}): string[] {
    const bytes = new TextEncoder().encode(payload);
    return this.say({ op: "data", block, payload: bytes }, { to: this.tid, ...say });
  }

  error(code: number, message: string, say: SayOptions = {}): string[] {
    return this.say({ op: "error", code, message }, { to: this.tid, ...say });
  }

  /** What has come back since the last call. */
  heard(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #receive(port: number, bytes: Uint8Array, fromPort: number) {
    if (fromPort !== 69) this.tid = fromPort;
    this.datagrams.push({ fromPort, bytes });
    const packet = decodePacket(bytes);
    const text = packet.op === "malformed" ? `malformed: ${packet.reason}` : printPacket(packet);
    const to = port === this.port ? "" : ` to ${port}`;
    this.#lines.push(`${fromPort === 69 ? "69" : "tid"}${to} ${text}`);
  }
}

export interface SayOptions {
  /** The server's port; by default 69 for requests. */
  readonly to?: number;
  /** Our port. */
  readonly from?: number;
  readonly broadcast?: boolean;
  readonly waitMs?: number;
}

/** A request packet; options are words, name and value by turns. */
export function request(
  op: "rrq" | "wrq",
  what: { readonly name: string; readonly mode?: string; readonly options?: string },
): Packet {
  const words = what.options ? what.options.split(" ") : [];
  const options = [];
  for (let i = 0; i < words.length; i += 2) options.push({ name: words[i]!, value: words[i + 1]! });
  return { op, name: what.name, mode: what.mode ?? "octet", options };
}
