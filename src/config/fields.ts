// The kinds of value a key may hold, as valibot schemas. Each message is the end of a sentence
// that begins with the key: `must be …` or `is not …`; check.ts writes the beginning.
import * as v from "valibot";
import { compileGlob } from "../match/glob.ts";
import { isFlooded, parseAddress, parseNetwork } from "../match/network.ts";
import { compilePattern } from "../match/pattern.ts";
import { parsePortRange, parseSize } from "./text.ts";

/** Gives a schema a default and a sentence for the JSON Schema and the help. */
export function key<const S extends v.GenericSchema>(
  schema: S,
  about: { readonly fallback: v.InferInput<S>; readonly text: string },
): v.OptionalSchema<S, v.InferInput<S>> {
  // A pipe with a description has the types of its first item; valibot's inference gets lost in
  // the generic case.
  return v.optional(v.pipe(schema, v.description(about.text)) as unknown as S, about.fallback);
}

/** Gives a schema that has no default a sentence. */
export function required<const S extends v.GenericSchema>(schema: S, text: string): S {
  return v.pipe(schema, v.description(text)) as unknown as S;
}

/** A boolean. */
export function flag() {
  return v.boolean("must be true or false");
}

/** A boolean, or one word. */
export function flagOr<const W extends string>(word: W) {
  const message = `must be true, false or "${word}"`;
  return v.union([v.boolean(message), v.literal(word, message)], message);
}

/** A key that may be left out and then means nothing. */
export function unset<const S extends v.GenericSchema>(
  schema: S,
  text: string,
): v.OptionalSchema<S, undefined> {
  return v.optional(v.pipe(schema, v.description(text)) as unknown as S);
}

/** A whole number within bounds, both inclusive. */
export function integer(min: number, max: number) {
  const message = `must be an integer from ${min} to ${max}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

/** A duration in seconds, fractions allowed, bounds inclusive. */
export function seconds(min: number, max: number) {
  const message = `must be a number of seconds from ${min} to ${max}`;
  return v.pipe(v.number(message), v.minValue(min, message), v.maxValue(max, message));
}

/** One of a few words or numbers. */
export function choice<const T extends readonly (string | number)[]>(options: T) {
  const last = options.at(-1);
  const all = options.map((option) => typeof option === "string" ? `"${option}"` : option);
  const head = all.slice(0, -1).join(", ");
  return v.picklist(options, `must be ${head} or ${typeof last === "string" ? `"${last}"` : last}`);
}

/** Any text without control characters, which no path, name or address has a use for. */
export function text() {
  return judged((value) => /\p{Cc}/u.test(value) ? "must not contain control characters" : null);
}

/** A port number, 0 for a free one, or "off". */
export function port() {
  const message = 'must be a port from 0 to 65535, or "off"';
  return v.union([
    v.pipe(
      v.number(message),
      v.integer(message),
      v.minValue(0, message),
      v.maxValue(65535, message),
    ),
    v.literal("off", message),
  ], message);
}

/** Octets: an integer, or a text with a unit. */
export function size() {
  const message = 'must be a number of octets, or a text such as "64 MiB"';
  const schema = v.union([
    v.pipe(v.number(message), v.integer(message), v.minValue(0, message)),
    v.string(message),
  ], message);
  return v.pipe(schema, v.check((value) => parseSize(value) !== null, message));
}

/** Two ports such as "20000-20099"; `optional` admits "" for none. */
export function portRange(options: { readonly optional: boolean }) {
  return judged((value) => {
    if (value === "" && options.optional) return null;
    const range = parsePortRange(value);
    return typeof range === "string" ? range : null;
  });
}

/** A numeric IPv4 or IPv6 address, a zone such as "%eth0" allowed. */
export function address() {
  return judged((value) => {
    const parsed = parseAddress(value);
    if (parsed === null) return "must be a numeric IPv4 or IPv6 address";
    // RFC 4291 §2.5.5.2: IPv4-mapped; sockets that take IPv6 only cannot be bound to it.
    const isMapped = parsed.family === 4 && value.includes(":");
    return isMapped ? `must be written as IPv4, "${parsed.octets.join(".")}"` : null;
  });
}

/** A CIDR block or a single address. */
export function network() {
  return judged((value) => {
    const result = parseNetwork(value);
    return result.kind === "bad" ? `is not a CIDR block: ${result.detail}` : null;
  });
}

/** A CIDR block of IPv4 multicast addresses (RFC 5771). */
export function multicastNetwork4() {
  return judged((value) => {
    const result = parseNetwork(value);
    if (result.kind === "bad") return `is not a CIDR block: ${result.detail}`;
    const { octets, prefixBits } = result;
    if (!isMulticast4(octets) || prefixBits < 4) {
      return 'must lie within the IPv4 multicast addresses "224.0.0.0/4"';
    }
    return prefixBits >= 24 && isFlooded(octets)
      ? 'must not lie in "x.0.0.0/24" or "x.128.0.0/24": switches flood them like "224.0.0.0/24"'
      : null;
  });
}

/**
 * A CIDR block of IPv6 multicast addresses of one scope (RFC 4291 §2.7), wider than a link: those of
 * a link are nothing without the name of an interface.
 */
export function multicastNetwork6() {
  return judged((value) => {
    const result = parseNetwork(value);
    if (result.kind === "bad") return `is not a CIDR block: ${result.detail}`;
    const [first, second] = result.octets;
    const inside = result.family === 6 && first === 0xff && result.prefixBits >= 16;
    if (!inside) return 'must lie within the IPv6 multicast addresses, such as "ff15::4554:0/112"';
    return (second! & 0xf) > 2
      ? null
      : 'must be of a scope wider than a link, such as "ff15::/112"';
  });
}

/** An IPv4 multicast address; PXE knows no other. */
export function multicastAddress() {
  return judged((value) => {
    const result = parseAddress(value);
    return result?.family === 4 && isMulticast4(result.octets)
      ? null
      : 'must be an IPv4 multicast address such as "239.255.70.1"';
  });
}

/** A glob that match/glob.ts compiles. */
export function glob() {
  return judged((value) => {
    const result = compileGlob(value);
    return result.kind === "bad" ? `is not a valid glob: ${result.detail}` : null;
  });
}

/** A regular expression that match/pattern.ts compiles. */
export function pattern() {
  return judged((value) => {
    const result = compilePattern(value);
    return result.kind === "bad" ? `is not a valid regular expression: ${result.detail}` : null;
  });
}

/** Where syslog listens: "unix:/dev/log", "udp://host:514", or "" for nowhere. */
export function syslogTarget() {
  return judged((value) =>
    value === "" || /^unix:\/[^\p{Cc}]+$/u.test(value) ||
      /^udp:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/.test(value)
      ? null
      : 'must be "unix:/dev/log" or "udp://host:514"'
  );
}

/** The name of a file in the tree: relative, no part that climbs. */
export function treeName() {
  return judged((value) => {
    const parts = value.split("/");
    const bad = value === "" || /\p{Cc}/u.test(value) ||
      parts.some((part) => part === "" || part === "." || part === "..");
    return bad ? 'must be a name relative to the root, such as "boot/winpe.img"' : null;
  });
}

/** A folder that names begin with: "/tftpboot/" or "tftpboot". */
export function prefix() {
  return judged((value) => {
    const parts = value.replace(/^\/+|\/+$/g, "").split("/");
    const bad = /\p{Cc}/u.test(value) ||
      parts.some((part) => part === "" || part === "." || part === "..");
    return bad ? 'must be a folder such as "/tftpboot/"' : null;
  });
}

/** The path of a folder. */
export function folder() {
  return judged((value) => value === "" || /\p{Cc}/u.test(value) ? "must be a folder" : null);
}

/** The path of a client's folder, with facts of the client in braces. */
export function clientFolder() {
  return judged((value) => {
    if (value === "" || /\p{Cc}/u.test(value)) return "must be a folder";
    const unknown = value.replace(/\{(?:ip|ip-hex|mac)\}/g, "").match(/\{[^}]*\}?/);
    if (unknown !== null) return `holds "${unknown[0]}", which is none of {ip} {ip-hex} {mac}`;
    return value.split("/").includes("..") ? 'holds a ".." part' : null;
  });
}

/** File mode bits in octal, or "" for none. */
export function umask() {
  return judged((value) =>
    /^(?:0?[0-7]{3})?$/.test(value) ? null : 'must be three octal digits such as "022"'
  );
}

/** The CIDR blocks that a rule is for. */
export function clients() {
  return key(listOf(network()), {
    fallback: [],
    text: "CIDR blocks of the clients this holds for; empty means every client.",
  });
}

/** An array of values of one kind. */
export function listOf<const S extends v.GenericSchema>(item: S) {
  return v.array(item, "must be an array");
}

// `judge` gives the end of the sentence, or null where nothing is wrong.
function judged(judge: (value: string) => string | null) {
  return v.pipe(
    v.string("must be a text in quotes"),
    v.rawCheck(({ dataset, addIssue }) => {
      const message = dataset.typed ? judge(dataset.value) : null;
      if (message !== null) addIssue({ message });
    }),
  );
}

function isMulticast4(octets: readonly number[]): boolean {
  const first = octets[0] ?? 0;
  return octets.length === 4 && first >= 224 && first <= 239;
}
