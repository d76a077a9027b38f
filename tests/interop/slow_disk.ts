// A disk that is slow for one process: read bandwidth limited by a control group of it. Needs root
// and a file that lies on a block device.
import { existsSync, mkdirSync, readFileSync, realpathSync, rmdirSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

/** Where the limit can be set; the first that is there is taken. */
const KINDS = [
  {
    root: "/sys/fs/cgroup/blkio",
    file: "blkio.throttle.read_bps_device",
    line: (device: string, bytes: number) => `${device} ${bytes}`,
  },
  {
    root: "/sys/fs/cgroup",
    file: "io.max",
    line: (device: string, bytes: number) => `${device} rbps=${bytes}`,
  },
] as const;

export interface SlowDisk {
  /** Puts a process and its threads there, until it ends. */
  add(pid: number): void;
  /** Its processes should have ended. */
  remove(): void;
}

/** Limits reading of the disk that holds `path`; null where that cannot be done. */
export function makeSlowDisk(path: string, bytesPerSecond: number): SlowDisk | null {
  const device = diskOf(path);
  if (device === null) return null;
  for (const { root, file, line } of KINDS) {
    const group = join(root, `bootsrv-test-${process.pid}`);
    try {
      mkdirSync(group);
    } catch {
      continue;
    }
    const remove = () => {
      try {
        rmdirSync(group);
      } catch {
        // The last of its processes is just ending; the empty group harms nobody.
      }
    };
    try {
      writeFileSync(join(group, file), line(device, bytesPerSecond));
      return { add: (pid) => writeFileSync(join(group, "cgroup.procs"), String(pid)), remove };
    } catch {
      remove();
    }
  }
  return null;
}

/** "major:minor" of the disk, which limits are set on, not of a partition; null for no device. */
function diskOf(path: string): string | null {
  const { dev } = statSync(path);
  const number = `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
  const link = `/sys/dev/block/${number}`;
  if (!existsSync(link)) return null;
  const folder = realpathSync(link);
  if (!existsSync(join(folder, "partition"))) return number;
  return readFileSync(join(dirname(folder), "dev"), "utf8").trim();
}
