// Processor time and memory of a process and those it has made, from /proc. Linux only.
import { readdirSync, readFileSync } from "node:fs";

/** Processor time of one process in seconds; by process id. */
export type CpuTimes = ReadonlyMap<number, number>;

/**
 * Processor time so far of a server, and with `forks` of the processes it has made and still has.
 * The server's own has steps of 10 ms; it includes threads that have ended, and processes that
 * have ended where it waited for them.
 */
export function cpuTimes(pid: number, forks: boolean): CpuTimes {
  const times = new Map<number, number>();
  const stat = readProc(pid, "stat");
  if (stat !== null) times.set(pid, statCpuSeconds(stat));
  if (!forks) return times;
  for (const child of childrenOf(pid)) {
    // Many short-lived processes: steps of 10 ms would lose most of it.
    const schedstat = readProc(child, "schedstat");
    if (schedstat !== null) times.set(child, Number(schedstat.split(" ")[0]) / 1e9);
  }
  return times;
}

/**
 * What was used between two samples; null when a process of the first sample is gone from the
 * second, because what it used has gone with it.
 */
export function cpuSecondsBetween(before: CpuTimes, after: CpuTimes): number | null {
  for (const pid of before.keys()) if (!after.has(pid)) return null;
  let sum = 0;
  for (const [pid, seconds] of after) sum += seconds - (before.get(pid) ?? 0);
  return sum;
}

/** Anonymous memory of a server and, with `forks`, of its processes; null when it is not there. */
export function privateBytes(pid: number, forks: boolean): number | null {
  const own = readProc(pid, "status");
  if (own === null) return null;
  const statuses = forks ? childrenOf(pid).map((child) => readProc(child, "status") ?? "") : [];
  return [own, ...statuses].reduce((sum, status) => sum + statusAnonBytes(status), 0);
}

/** Processor time that all cores together have not been idle, in seconds, stolen time included. */
export function machineCpuSeconds(): number {
  return busyCpuSeconds(readFileSync("/proc/stat", "utf8"));
}

/** The same from the text of /proc/stat. */
export function busyCpuSeconds(stat: string): number {
  const fields = stat.slice(0, stat.indexOf("\n")).split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, _idle, _iowait, irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** utime, stime, cutime and cstime of a line of /proc/PID/stat, in seconds. */
export function statCpuSeconds(stat: string): number {
  const fields = fieldsAfterName(stat);
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS_PER_SECOND;
}

/** The parent of a line of /proc/PID/stat. */
export function statParent(stat: string): number {
  return Number(fieldsAfterName(stat)[1]);
}

/** RssAnon of the text of /proc/PID/status in octets; 0 where it says none. */
export function statusAnonBytes(status: string): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** USER_HZ, which is 100 on every architecture that we run on. */
const TICKS_PER_SECOND = 100;

/** The name may hold spaces and brackets; the last bracket closes it. */
function fieldsAfterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The processes that a process has made and that still are. */
export function childrenOf(pid: number): number[] {
  const pids = readdirSync("/proc").map(Number).filter((one) => one > 0);
  return pids.filter((one) => {
    const stat = readProc(one, "stat");
    return stat !== null && statParent(stat) === pid;
  });
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null; // It has ended.
  }
}
