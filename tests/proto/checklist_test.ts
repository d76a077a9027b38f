// Every rule of PROTOCOL.md 2.1 to 2.6 is guarded by a test. A row is a rule and the first words
// of the names of its tests; the names are looked for in the test files.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const IDS = [
  ...range("T", 12),
  ...range("U", 6),
  ...range("O", 10),
  ...range("B", 5),
  ...range("Z", 6),
  ...range("W", 9),
];

const RULES: Readonly<Record<string, readonly string[]>> = {
  T1: ["T1: blocks count from 1", "T1: an empty file is one empty block", "T1: a file of n blocks"],
  T2: ["T2: a write is answered by ACK 0, each DATA", "T2: a write is answered by ACK 0, and the"],
  T3: ["T3: each transfer has another port", "T3: in single-port mode"],
  T4: ["T4: a stray is answered ERROR 5", "T4, T7: a stray ERROR is not answered"],
  T5: [
    "T5: the last DATA is sent again",
    "T5: the missing last ACK is noted",
    "T5: the last ACK lost",
  ],
  T6: ["T6 (RFC 1350 §6): the receiver stays", "T6: the last DATA again has its ACK again"],
  T7: ["T7: the peer's ERROR ends", "T7: our ERROR is sent once", "T7: ERROR, ACK, DATA and OACK"],
  T8: ["T8: reads the mode in any letter case", "T8: modes are read in any letter case; mail"],
  T9: ["T9: each refusal has its own error code", "T9: a refused upload has the code"],
  T10: ["T10: what was written is read back byte for byte"],
  T11: [
    "T11: an RRQ whose name has no NUL",
    "T11: a request that is no request",
    "T11: reads names",
  ],
  T12: [
    "T12: a final CR LF that straddles",
    "T12: what was encoded decodes",
    "T12, U5: netascii is",
  ],
  U1: [
    "U1 (RFC 1123 §4.2.3.1): a repeated ACK in lock-step sends nothing",
    "RFC 1123 §4.2.3.1: doubling every datagram doubles nothing else",
    "U1: a gap reported twice within a round trip",
    "no windowed Sorcerer's Apprentice",
  ],
  U2: ["U2 (RFC 1123 §4.2.3.2): the timeout doubles", "U2: the timeout adapts"],
  U3: ["U3: uploads are refused unless they are allowed"],
  U4: ["U4 (RFC 1123 §4.2.3.5): a broadcast request"],
  U5: ["T12, U5: netascii is translated", "T1: a file is sent in blocks of 512"],
  U6: ["O3: an unknown option is left out"],
  O1: ["O1: reads the 516-byte request of HP PA-RISC", "O1: reads the 516-byte request padded"],
  O2: ["O2: option names are read in any letter case", "O2: a repeated option is answered once"],
  O3: ["O3: an unknown option is left out", "O3: a disabled option is unknown"],
  O4: ["O4: nothing granted is no OACK", "O4: where nothing is granted there is no OACK"],
  O5: ["O5: names and order of the OACK are those of the request"],
  O6: ["O6: the OACK is block 0", "O6: a repeated request has its answer repeated"],
  O7: [
    "O7: the OACK replaces ACK 0 and is repeated",
    "O7: the OACK replaces ACK 0, and a repeated",
  ],
  O8: ["O8: ERROR after the OACK is a probe", "O8: EDK2 asks for the size"],
  O9: [
    "O9: drops an option without value",
    "O9: ignores final NULs",
    "O9: stops at an empty option",
  ],
  O10: ["O10: is not misled by an option value"],
  B1: ["B1, B2, B3: blksize is granted from 8"],
  B2: ["B1, B2, B3: blksize is granted from 8"],
  B3: ["B1, B2, B3: blksize is granted from 8"],
  B4: [
    "B4: blksize is lowered to what the terms allow",
    "B4: blksize is lowered to the wire's MTU",
  ],
  B5: ["B5: a file that is a multiple of the block size", "T1: a file of n blocks exactly ends"],
  Z1: ["Z1: timeout is granted as asked", "Z1: the negotiated timeout is the time to the first"],
  Z2: ["Z2: a read is told the size of the file", "Z2: an unknown size is left out"],
  Z3: ["Z3: a write has its own size echoed", "Z3: an upload announced too large"],
  Z4: ["Z4: netascii has no size"],
  Z5: ["Z5: a size of 4 GiB and more is a full decimal number"],
  Z6: ["Z6: an empty file has no tsize"],
  W1: ["W1: windowsize is granted from 1"],
  W2: ["W2: a window of 1 is what there is without the option"],
  W3: ["W3 (RFC 7440): a window is sent at once", "W3: an ACK inside the window"],
  W4: ["W4: the timer sends again from the last ACK on"],
  W5: ["W5: patience without progress ends the transfer"],
  W6: ["W6 (RFC 7440): one ACK for each window", "W6: a gap is acknowledged once"],
  W7: ["W7: a window whose second copy is lost", "W7: portions grow again"],
  W8: [
    "W8: a window straddles the rollover",
    "W8: block numbers roll over to",
    "W8: a block number",
  ],
  W9: ["W9: msftwindow with another number"],
};

test("every rule of PROTOCOL.md 2.1 to 2.6 has its row", () => {
  assert.deepEqual(Object.keys(RULES).sort(), [...IDS].sort());
});

test("every test that guards a rule exists", () => {
  const text = testTexts(fileURLToPath(new URL("..", import.meta.url).href));
  for (const [id, guards] of Object.entries(RULES)) {
    assert.ok(guards.length > 0, `${id} has no test`);
    for (const name of guards) assert.ok(text.includes(name), `${id}: no test "${name}…"`);
  }
});

function range(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}

/** The text of all test files but this one, as names in templates are in it too. */
function testTexts(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith("_test.ts") && !file.endsWith("checklist_test.ts"))
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
}
