// An address and a port as one text (RFC 3986 §3.2.2).

/** "10.0.0.1:69", "[::1]:69". */
export function authority(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
