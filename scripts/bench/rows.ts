// The rows of the benchmark: what is asked of every server, and what ours has to reach.
import type { Extent, LinkOptions, LoadOrder } from "./order.ts";
import { FILES, type ServedFile } from "./tree.ts";

/** A figure of one server in one row. */
export type Metric = "rate" | "cpu" | "private";

/** What our servers have to reach. */
export interface Target {
  readonly metric: Metric;
  /** The peer that is measured against: the best one for this figure, or the one named; null for none. */
  readonly against: "best" | "dnsmasq" | "atftpd" | null;
  /** A rate: at least so many times the peer's. The others: at most; octets where no peer is named. */
  readonly bound: number;
}

/** One row. */
export interface Row {
  /** For `--rows`. */
  readonly id: string;
  readonly title: string;
  /** MB/s and processor seconds per GB, or requests/s and processor seconds per 10,000 of them. */
  readonly unit: "bytes" | "requests";
  readonly targets: readonly Target[];
  /** The peers that take part; all where it is left out. */
  readonly peers?: readonly string[];
  readonly note?: string;
  readonly shape: Shape;
}

/** The part of an order that a row decides. */
export type Shape = Omit<LoadOrder, "target">;

/** How long the measurements of a run take. */
export interface Scale {
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly requests: number;
}

/** All rows, in the order in which they are run and shown. */
export function benchRows(scale: Scale): Row[] {
  return [
    lockStep(scale, 512, 1),
    lockStep(scale, 1468, 1),
    lockStep(scale, 1468, 50),
    lockStep(scale, 1468, 500),
    ...[16, 64].flatMap((window) => [1, 50].map((clients) => windowed(scale, window, clients))),
    requests(scale, { id: "small", what: "a 10-byte file", file: FILES.small }),
    requests(scale, { id: "missing", what: "a missing file", file: FILES.missing }),
    firstRequests(scale),
    lossy(scale, { id: "own", who: "clients of this project", receiver: "own" }),
    lossy(scale, { id: "u-boot", who: "clients with the manners of U-Boot", receiver: "u-boot" }),
    manyTransfers(scale),
  ];
}

/** The reason that stands in the row of a peer that does not know the option. */
const NO_WINDOWSIZE = "tftpd-hpa and dnsmasq know no windowsize and answer in lock-step";

/** Few, so that the load takes many answers with one call, as it were a network card. */
const SOCKETS_MAX = 8;
const REQUEST_SOCKETS = 16;
/** Requests before the measured ones, as a multiple of these: about as long as other rows warm up. */
const WARMUP_REQUESTS = 3;
const REQUESTS_NOTE = "bootsrv with rules, policy and log; processor time of tftpd-hpa unknown: " +
  "it makes a process for each request and does not wait for it";
const MEGABYTE = 1e6;

function lockStep(scale: Scale, blksize: number, clients: number): Row {
  return {
    id: `lock-step-${blksize}-${clients}`,
    title: `lock-step, blksize ${blksize}, ${clientsText(clients)}`,
    unit: "bytes",
    targets: clients === 1 ? [atLeast(1)] : [atLeast(2), cpuAtMost(0.8)],
    shape: reading(scale, { clients, blksize, windowsize: null }),
  };
}

function windowed(scale: Scale, windowsize: number, clients: number): Row {
  return {
    id: `windowsize-${windowsize}-${clients}`,
    title: `windowsize ${windowsize}, blksize 1468, ${clientsText(clients)}`,
    unit: "bytes",
    targets: [atLeast(3), cpuAtMost(0.25)],
    note: NO_WINDOWSIZE,
    shape: reading(scale, { clients, blksize: 1468, windowsize }),
  };
}

function requests(
  scale: Scale,
  { id, what, file }: { readonly id: string; readonly what: string; readonly file: ServedFile },
): Row {
  const warmup = WARMUP_REQUESTS * scale.requests;
  return {
    id: `requests-${id}`,
    title: `${scale.requests.toLocaleString("en")} requests for ${what}, 50 at a time`,
    unit: "requests",
    targets: [{ metric: "rate", against: "dnsmasq", bound: 1 }],
    note: `after ${warmup.toLocaleString("en")} others, about a second's worth; ${REQUESTS_NOTE}`,
    shape: requesting(scale, file, warmup),
  };
}

/** What a server does that was just started: no target, but it should be known. */
function firstRequests(scale: Scale): Row {
  return {
    id: "requests-first",
    title: `the first ${scale.requests.toLocaleString("en")} requests, for a 10-byte file`,
    unit: "requests",
    targets: [],
    note: `50 at a time, to a server just started; ${REQUESTS_NOTE}`,
    shape: requesting(scale, FILES.small, 0),
  };
}

function requesting(scale: Scale, file: ServedFile, warmup: number): Shape {
  return {
    ...reading(scale, { clients: 50, blksize: null, windowsize: null }),
    ...contentOf(file),
    sockets: REQUEST_SOCKETS,
    extent: { kind: "requests", warmup, count: scale.requests },
  };
}

/** Firmware waits a long and fixed time, so that it is the server who has to repair losses. */
function lossy(
  scale: Scale,
  { id, who, receiver }: {
    readonly id: string;
    readonly who: string;
    readonly receiver: LoadOrder["receiver"];
  },
): Row {
  const clients = 8;
  const link: LinkOptions = { delayMs: 10, loss: 0.01, seed: 1 };
  const extent: Extent = {
    kind: "time",
    warmupMs: scale.warmupMs,
    measureMs: 4 * scale.measureMs,
  };
  return {
    id: `lossy-64-${id}`,
    title: `20 ms round trip, 1 % loss each way, windowsize 64, blksize 1468, ${clients} ${who}`,
    unit: "bytes",
    targets: [{ metric: "rate", against: "atftpd", bound: 2 }],
    peers: ["atftpd"],
    shape: {
      ...reading(scale, { clients, blksize: 1468, windowsize: 64 }),
      ...{ extent, link, receiver },
    },
  };
}

function manyTransfers(scale: Scale): Row {
  return {
    id: "memory-1000",
    title: "1,000 transfers of a 1 GiB file, lock-step, blksize 1468",
    unit: "bytes",
    targets: [{ metric: "private", against: null, bound: 100 * MEGABYTE }],
    shape: {
      ...reading(scale, { clients: 1000, blksize: 1468, windowsize: null }),
      ...contentOf(FILES.hollow),
    },
  };
}

function reading(
  scale: Scale,
  asked: Pick<Shape, "clients" | "blksize" | "windowsize">,
): Shape {
  return {
    ...asked,
    ...contentOf(FILES.big),
    sockets: Math.min(asked.clients, SOCKETS_MAX),
    extent: { kind: "time", warmupMs: scale.warmupMs, measureMs: scale.measureMs },
    receiver: "own",
    link: null,
  };
}

function contentOf(file: ServedFile): Pick<Shape, "file" | "fileBytes" | "patterned"> {
  return { file: file.name, fileBytes: file.bytes, patterned: file.patterned };
}

function atLeast(bound: number): Target {
  return { metric: "rate", against: "best", bound };
}

function cpuAtMost(bound: number): Target {
  return { metric: "cpu", against: "best", bound };
}

function clientsText(clients: number): string {
  return clients === 1 ? "1 client" : `${clients} clients`;
}
