// What the `multicast` option of an OACK says to a client (RFC 2090).

/** A client's place in a group. */
export interface GroupPlace {
  /** A group, numeric; null where the server left it out, as it may after the first OACK. */
  readonly address: string | null;
  readonly port: number | null;
  readonly master: boolean;
}

/** Reads "address,port,mc"; null for anything else. */
export function parseGroupPlace(value: string): GroupPlace | null {
  const [address, port, mc, ...more] = value.split(",");
  if (address === undefined || port === undefined || more.length > 0) return null;
  if (mc !== "0" && mc !== "1") return null;
  if (address !== "" && !isGroupAddress4(address) && !isGroupAddress6(address)) return null;
  const number = /^[0-9]{1,5}$/.test(port) ? Number(port) : 0;
  if (port !== "" && (number < 1 || number > 65535)) return null;
  return {
    address: address === "" ? null : address,
    port: port === "" ? null : number,
    master: mc === "1",
  };
}

/** Whether this looks like an IPv6 multicast address (RFC 4291 §2.7): who joins it finds out more. */
function isGroupAddress6(text: string): boolean {
  return /^ff[0-9a-f]{2}:[0-9a-f:]{1,34}$/i.test(text);
}

/** Whether this is an IPv4 multicast address (RFC 5771), numeric. */
export function isGroupAddress4(text: string): boolean {
  const octets = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) ? text.split(".").map(Number) : [];
  const first = octets[0] ?? 0;
  return first >= 224 && first <= 239 && octets.every((octet) => octet <= 255);
}
