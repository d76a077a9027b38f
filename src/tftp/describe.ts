// From how a transfer ended to what the log says: outcome, reason, what limited it, what the
// operator could do.
import type { Granted, Result } from "../proto/machine.ts";
import type { Refusal } from "../resolve/refusal.ts";
import type { Report } from "../resolve/report.ts";
import type { RequestPacket } from "../wire/packet.ts";
import type { Route } from "./transfer.ts";

/** Everything known of a transfer when it ends. */
export interface Ending {
  readonly operation: "read" | "write";
  readonly route: Route;
  readonly request: RequestPacket;
  readonly trail: readonly string[];
  readonly file: string | null;
  readonly path: string | null;
  readonly bytes: number;
  readonly durationMs: number;
  readonly retransmits: number;
  readonly roundTripMs: number;
  /** The peer has answered at least once. */
  readonly confirmed: boolean;
  readonly granted: Granted;
  /** As in the report; left out where it does not arise. */
  readonly noMulticast?: string;
  /** Why the store refused an upload, with the system's words. */
  readonly refusal?: Refusal | null;
}

/** Transfers shorter than this are limited by nothing worth a word. */
const LIMITER_BYTES_MIN = 65_536;

export const describe = { report, refused, options: grantedText };

function report(ending: Ending, result: Result): Report {
  const { route, request, trail } = ending;
  return {
    via: "tftp",
    operation: ending.operation,
    client: route.peer.host,
    port: route.peer.port,
    name: request.name,
    file: ending.file,
    path: ending.path,
    ...outcome(ending, result),
    bytes: ending.bytes,
    durationMs: ending.durationMs,
    retransmits: ending.retransmits,
    options: grantedText(ending.granted),
    limiter: limiter(ending),
    noMulticast: ending.noMulticast ?? "",
    trail,
    hint: hint(ending, result),
  };
}

/** The report of a request that never became a transfer. */
function refused(
  request: RequestPacket,
  why: { readonly route: Route; readonly refusal: Refusal; readonly trail: readonly string[] },
): Report {
  return {
    via: "tftp",
    operation: request.op === "rrq" ? "read" : "write",
    client: why.route.peer.host,
    port: why.route.peer.port,
    name: request.name,
    file: null,
    path: null,
    outcome: "refused",
    refusal: why.refusal.kind,
    reason: why.refusal.detail,
    bytes: 0,
    durationMs: 0,
    retransmits: 0,
    options: "",
    limiter: "",
    noMulticast: "",
    trail: why.trail,
    hint: "",
  };
}

function outcome(ending: Ending, result: Result): Pick<Report, "outcome" | "refusal" | "reason"> {
  switch (result.kind) {
    case "done":
      return { outcome: "done", refusal: null, reason: "" };
    case "done-unacknowledged":
      return { outcome: "unacknowledged", refusal: null, reason: "Last ACK never came" };
    case "probe":
      return { outcome: "probe", refusal: null, reason: result.text };
    case "failed": {
      const { kind, code, text } = result.failure;
      if (ending.refusal) {
        const { kind: refusal, detail } = ending.refusal;
        return { outcome: ending.bytes > 0 ? "failed" : "refused", refusal, reason: detail };
      }
      if (kind === "peer") {
        const words = text === "" ? "" : `: ${text}`;
        return { outcome: "aborted", refusal: null, reason: `Client sent ERROR ${code}${words}` };
      }
      return { outcome: kind === "aborted" ? "aborted" : "failed", refusal: null, reason: text };
    }
  }
}

function grantedText(granted: Granted): string {
  return granted.options.map((option) => `${option.name}=${option.value}`).join(" ");
}

function limiter(ending: Ending): string {
  if (ending.bytes < LIMITER_BYTES_MIN) return "";
  const { granted, retransmits } = ending;
  const blocks = ending.bytes / granted.blockBytes;
  if (retransmits > blocks / 50) {
    return `loss: ${((100 * retransmits) / blocks).toFixed(1)} % of blocks sent again`;
  }
  if (granted.windowBlocks === 1) return lockStep(ending);
  const roundTrip = ending.roundTripMs.toFixed(1);
  return `window of ${granted.windowBlocks} blocks, round trip ${roundTrip} ms`;
}

function lockStep({ request, granted }: Ending): string {
  const asked = request.options.find((option) => option.name.toLowerCase() === "windowsize");
  const blocks = granted.blockBytes === 512 ? "lock-step, 512-octet blocks" : "lock-step";
  if (asked === undefined) return `${blocks}: client did not offer windowsize`;
  if (asked.value === "1") return `${blocks}: client asked for windowsize 1`;
  return `${blocks}: windowsize ${asked.value} was not granted`;
}

function hint({ confirmed, operation, route }: Ending, result: Result): string {
  if (confirmed || result.kind !== "failed" || result.failure.kind !== "timeout") return "";
  const { peer, socket, listener } = route;
  const how = socket === listener
    ? `is UDP port ${peer.port} open on the way back?`
    : `try --single-port or open UDP ${socket.port}`;
  const awaited = operation === "read" ? "ACK" : "DATA";
  return `No ${awaited} from ${peer.host}: firewall or NAT between us? ${how}`;
}
