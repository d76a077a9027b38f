// One trace for each family of clients, replayed against the endpoint and compared byte by byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { replay } from "./trace.ts";

const FILES = {
  "pxelinux.0": pattern(900),
  "ipxe.efi": pattern(1500),
  "bootx64.efi": pattern(6000),
  "snponly.efi": pattern(2000),
  "grub/grub.cfg": "set timeout=5\n",
  "grub/x86_64-efi/normal.mod": pattern(1100),
  "pxelinux.cfg/default": "DEFAULT linux\n",
  "vmlinuz": pattern(1500),
  "C0A80001.img": pattern(3500),
};

const CLIENTS = ["pxe-rom", "edk2", "ipxe", "grub", "u-boot", "pxelinux"];

for (const client of CLIENTS) {
  test(`the server answers ${client} as recorded in golden/${client}.trace`, async () => {
    const { trace, words, recordedTrace, recordedWords } = await replay(client, { files: FILES });
    assert.equal(words, recordedWords, "UPDATE_GOLDEN=1 records what the server answers");
    assert.equal(trace, recordedTrace);
  });
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => i & 0xff);
}
