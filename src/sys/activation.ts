// Sockets passed by systemd or a program like it (sd_listen_fds(3)).

/** A descriptor that was open when this process began. */
export interface PassedDescriptor {
  readonly fd: number;
  /** FileDescriptorName= of the socket unit, "" where there is none. */
  readonly name: string;
}

/** Standard input, output and error come before it. */
const FIRST_FD = 3;
const DESCRIPTORS_MAX = 64;

/** What the environment says was passed to the process `pid`; empty where it was another. */
export function passedDescriptors(
  { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES }: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly PassedDescriptor[] {
  if (LISTEN_PID !== String(pid) || !/^\d{1,4}$/.test(LISTEN_FDS ?? "")) return [];
  const names = (LISTEN_FDNAMES ?? "").split(":");
  const count = Math.min(Number(LISTEN_FDS), DESCRIPTORS_MAX);
  return Array.from({ length: count }, (_, index) => (
    { fd: FIRST_FD + index, name: names[index] ?? "" }
  ));
}
