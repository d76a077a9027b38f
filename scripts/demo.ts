// Serves a small made-up boot tree on this machine and prints command lines to try on it:
// `deno task demo`. Further arguments go to the server. The tree is removed at the end.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { ROOT } from "./lib/project.ts";
import { temporaryFolder } from "./lib/temporary.ts";

const HOST = "127.0.0.1";
const KERNEL_BYTES = 5 * 1024 * 1024;

const folder = temporaryFolder("demo").path;
const tree = join(folder, "boot");
writeTree(tree);
await serve();

function writeTree(root: string): void {
  for (const [name, content] of Object.entries(sampleFiles())) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function sampleFiles(): Record<string, string | Uint8Array> {
  return {
    "hello.txt": "Hello from bootsrv.\n",
    "boot.ipxe": "#!ipxe\nkernel vmlinuz quiet\nboot\n",
    "grub/grub.cfg": "set timeout=3\nmenuentry 'Demo' {\n  linux /vmlinuz quiet\n}\n",
    "pxelinux.cfg/default": "default demo\nlabel demo\n  kernel vmlinuz\n  append quiet\n",
    "Boot/BCD": pseudoRandom(16 * 1024),
    "vmlinuz": pseudoRandom(KERNEL_BYTES),
  };
}

/** Octets that do not compress and are the same in every run. */
function pseudoRandom(size: number): Uint8Array {
  const words = new Uint32Array(size / 4);
  let state = 0x9e3779b9;
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[index] = state ^ (state >>> 15);
  }
  return new Uint8Array(words.buffer);
}

/** Runs the real command until it ends or is told to; its exit code becomes ours. */
async function serve(): Promise<void> {
  const readyFile = join(folder, "ready.json");
  const command = ["run", "-A", join(ROOT, "main.ts"), "--root", tree, "--address", HOST];
  const ports = ["--tftp-port", "6969", "--http-port", "8069", "--ready-file", readyFile];
  const args = [...command, ...ports, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  // Ctrl-C reaches the server by itself as well, which does not mind being told twice.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.exitCode ?? process.kill(child.pid!, "SIGTERM"));
  }
  const timer = setInterval(() => {
    if (!existsSync(readyFile)) return;
    clearInterval(timer);
    console.log(hints(JSON.parse(readFileSync(readyFile, "utf8"))));
  }, 50);
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  process.exit(code ?? 1);
}

interface Ready {
  readonly tftp: readonly { readonly port: number }[];
  readonly http: readonly { readonly port: number }[];
}

function hints(ready: Ready): string {
  const tftp = `tftp://${HOST}:${ready.tftp[0]?.port}`;
  const http = `http://${HOST}:${ready.http[0]?.port}`;
  return `
Try this in another terminal:

  curl ${tftp}/hello.txt
  curl ${tftp}/pxelinux.cfg/default
  curl ${http}/boot.ipxe
  curl --tftp-blksize 1428 -o vmlinuz.tftp ${tftp}/vmlinuz
  curl -o vmlinuz.http ${http}/vmlinuz
  curl ${tftp}/boot/bcd        # missing: the log names the file that was meant

Status page: ${http}/.bootsrv/
The tree is ${tree}; it is removed when you press Ctrl-C.
`;
}
