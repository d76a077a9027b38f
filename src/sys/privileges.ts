// Becoming another user for good, and locking the process into a folder (setgroups, setgid, setuid
// and chroot by C calls). libc changes every thread of the process; each is looked at afterwards.
// Whatever fails throws: nobody goes on with more rights than the operator wanted.
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { errnoName } from "./errno.ts";
import { openLibrary } from "./libc.ts";
import { cString } from "./sockaddr.ts";

/** Whom to become and where to stay. */
export interface PrivilegeOptions {
  /** A name or a number. */
  readonly user: string;
  /** A name or a number; "" means the user's own group. */
  readonly group: string;
  /** Folder to lock the process into, or null. */
  readonly jail: string | null;
}

/** Everything looked up and ready: what is left cannot fail for want of a file. */
export interface Privileges {
  readonly uid: number;
  readonly gid: number;
  /** Changes every thread, and makes sure of it. Throws if any step fails; then end the process. */
  drop(): void;
}

const SYMBOLS = {
  getpwnam: { parameters: ["buffer"], result: "usize" },
  getpwuid: { parameters: ["u32"], result: "usize" },
  getgrnam: { parameters: ["buffer"], result: "usize" },
  geteuid: { parameters: [], result: "u32" },
  getegid: { parameters: [], result: "u32" },
  chroot: { parameters: ["buffer"], result: "i32" },
  chdir: { parameters: ["buffer"], result: "i32" },
  setgroups: { parameters: ["usize", "buffer"], result: "i32" },
  setgid: { parameters: ["u32"], result: "i32" },
  setuid: { parameters: ["u32"], result: "i32" },
  __errno_location: { parameters: [], result: "usize" },
  memcpy: { parameters: ["buffer", "usize", "usize"], result: "usize" },
} as const;

type Calls = Awaited<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

/** struct passwd and struct group begin with two pointers; then come the numbers. */
const IDS_OFFSET = 16;
/** Numbers from here on have a meaning of their own: -1 says "do not change". */
const ID_MAX = 0xffff_fffe;

/**
 * Looks up user and group and opens what is needed behind the chroot. Rejects where there is no
 * such user, no such group, or no C library to call.
 */
export async function preparePrivileges(options: PrivilegeOptions): Promise<Privileges> {
  if (process.platform !== "linux") {
    throw new Error(`Cannot change the user on "${process.platform}"`);
  }
  const calls = await openLibrary(SYMBOLS);
  const { uid, gid } = identityOf(calls, options);
  return { uid, gid, drop: () => drop(calls, { uid, gid, jail: options.jail }) };
}

function identityOf(calls: Calls, { user, group }: PrivilegeOptions) {
  const entry = isNumber(user) ? calls.getpwuid(Number(user)) : calls.getpwnam(cString(user));
  if (entry === 0 && !isNumber(user)) throw new Error(`Cannot find user "${user}"`);
  const ids = entry === 0 ? null : idsAt(calls, entry);
  const uid = ids?.[0] ?? Number(user);
  if (uid === 0) throw new Error(`Cannot take privileges away by becoming user "${user}"`);
  const gid = groupOf(calls, group) ?? ids?.[1];
  if (gid === undefined) throw new Error(`Cannot tell the group of user "${user}": set "group"`);
  if (uid > ID_MAX || gid > ID_MAX) throw new Error(`Cannot become user ${uid}, group ${gid}`);
  return { uid, gid };
}

function groupOf(calls: Calls, group: string): number | null {
  if (group === "") return null;
  if (isNumber(group)) return Number(group);
  const entry = calls.getgrnam(cString(group));
  if (entry === 0) throw new Error(`Cannot find group "${group}"`);
  return idsAt(calls, entry)[0];
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

function idsAt(calls: Calls, entry: number): readonly [number, number] {
  const ids = new Uint32Array(new ArrayBuffer(8));
  calls.memcpy(ids, entry + IDS_OFFSET, 8);
  return [ids[0]!, ids[1]!];
}

interface Drop {
  readonly uid: number;
  readonly gid: number;
  readonly jail: string | null;
}

function drop(calls: Calls, { uid, gid, jail }: Drop): void {
  const already = calls.geteuid() === uid && calls.getegid() === gid && jail === null;
  const threads = openThreads();
  try {
    if (!already) {
      if (jail !== null) {
        must(calls, `chroot to "${jail}"`, calls.chroot(cString(jail)));
        must(calls, 'chdir to "/"', calls.chdir(cString("/")));
      }
      // The groups first: without its user, a process may no longer change them.
      must(calls, "setgroups", calls.setgroups(1, new Uint32Array([gid])));
      must(calls, `setgid to ${gid}`, calls.setgid(gid));
      must(calls, `setuid to ${uid}`, calls.setuid(uid));
    }
    if (calls.setuid(0) === 0) throw new Error("Cannot drop privileges: root can be had again");
    for (const thread of threads) verify(thread, { uid, gid, already });
  } finally {
    for (const { fd } of threads) closeSync(fd);
  }
}

function must(calls: Calls, step: string, result: number): void {
  if (result === 0) return;
  const cell = new Int32Array(new ArrayBuffer(4));
  calls.memcpy(cell, calls.__errno_location(), 4);
  const code = errnoName(cell[0]!);
  const hint = code === "EPERM" ? " (only root may)" : "";
  throw Object.assign(new Error(`Cannot drop privileges: ${step}: ${code}${hint}`), { code });
}

interface Thread {
  readonly id: string;
  readonly fd: number;
}

// Opened beforehand: behind a chroot there is no /proc. Threads made later inherit from these.
function openThreads(): readonly Thread[] {
  return readdirSync("/proc/self/task").flatMap((id): readonly Thread[] => {
    try {
      return [{ id, fd: openSync(`/proc/self/task/${id}/status`, "r") }];
    } catch {
      return []; // The thread has ended meanwhile.
    }
  });
}

function verify(
  { id, fd }: Thread,
  { uid, gid, already }: { readonly uid: number; readonly gid: number; readonly already: boolean },
): void {
  const buffer = new Uint8Array(8192);
  let status: string;
  try {
    status = new TextDecoder().decode(buffer.subarray(0, readSync(fd, buffer, 0, 8192, 0)));
  } catch {
    return; // The thread has ended meanwhile.
  }
  const wanted = [
    ["Uid", [uid, uid, uid, uid].join(" ")],
    ["Gid", [gid, gid, gid, gid].join(" ")],
    ...(already ? [] : [["Groups", String(gid)] as const]),
  ] as const;
  for (const [name, value] of wanted) {
    const line = new RegExp(`^${name}:(.*)$`, "m").exec(status)?.[1] ?? "";
    if (line.trim().split(/\s+/).join(" ") === value) continue;
    throw new Error(`Cannot drop privileges: thread ${id} still has ${name} "${line.trim()}"`);
  }
}
