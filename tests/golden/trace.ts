// Golden traces. A `.trace` file is one client's talk with the server, a datagram a line in hex:
// `> 69 …` from the client to port 69, `> tid …` to the transfer's port, `< …` what came back,
// `= 1000` milliseconds pass. The client's lines are the input, the server's are recorded; the
// `.txt` twin says the same in words.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { printPacket } from "../proto/trace.ts";
import { Bench, type BenchOptions } from "../sim/bench.ts";
import { hex, toHex } from "../wire/hex.ts";
import { decodePacket } from "../../src/wire/packet.ts";

export interface Replay {
  readonly trace: string;
  readonly words: string;
  readonly recordedTrace: string;
  readonly recordedWords: string;
}

/** Replays a client's lines; with UPDATE_GOLDEN set, what came back becomes the record. */
export async function replay(client: string, options: BenchOptions): Promise<Replay> {
  const tracePath = fileURLToPath(new URL(`${client}.trace`, import.meta.url).href);
  const wordsPath = tracePath.replace(/trace$/, "txt");
  const input = readFileSync(tracePath, "utf8").split("\n");
  const { trace, words } = run(input, await Bench.start(options));
  if (process.env["UPDATE_GOLDEN"]) {
    writeFileSync(tracePath, trace);
    writeFileSync(wordsPath, words);
  }
  return {
    trace,
    words,
    recordedTrace: readFileSync(tracePath, "utf8"),
    recordedWords: readFileSync(wordsPath, "utf8"),
  };
}

function run(input: readonly string[], bench: Bench): { trace: string; words: string } {
  const client = bench.client("10.1.2.3", 2070);
  const trace: string[] = [];
  const words: string[] = [];
  let heard = 0;
  for (const line of input) {
    const [sign, port, digits] = line.split(" ");
    if (sign === "#") {
      trace.push(line);
      words.push(line);
    } else if (sign === "=") {
      trace.push(line);
      words.push(`${port} ms pass`);
      bench.pass(Number(port));
    } else if (sign === ">") {
      const bytes = hex(digits!);
      trace.push(line);
      words.push(`> ${port} ${printed(bytes)}`);
      client.say(bytes, { to: port === "69" ? 69 : client.tid });
    }
    for (; heard < client.datagrams.length; heard++) {
      const { fromPort, bytes } = client.datagrams[heard]!;
      const name = fromPort === 69 ? "69" : "tid";
      trace.push(`< ${name} ${toHex(bytes)}`);
      words.push(`< ${name} ${printed(bytes)}`);
    }
  }
  words.push(...bench.outcomes().map((outcome) => `log: ${outcome}`));
  return { trace: trace.join("\n") + "\n", words: words.join("\n") + "\n" };
}

function printed(bytes: Uint8Array): string {
  const packet = decodePacket(bytes);
  return packet.op === "malformed" ? `malformed: ${packet.reason}` : printPacket(packet);
}
