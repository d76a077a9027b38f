// The configuration as it reads from inside a chroot.
import assert from "node:assert/strict";
import { test } from "node:test";
import { jailed } from "../../src/server/jail.ts";
import { loadGood } from "../config/loading.ts";

test("every folder loses the path of the root, and clients may still name it", async () => {
  const config = await loadGood({
    file: 'root = "/srv/boot"\nsearch = ["/srv/boot/more"]\nstrip-prefixes = ["/tftpboot"]\n' +
      '[[mount]]\nat = "i"\npath = "/srv/boot/images"\n' +
      '[hooks]\ntransfer-end = "/srv/boot/bin/hook"\n' +
      '[[client-root]]\npath = "{ip}"\n[[client-root]]\npath = "/srv/boot/c/{mac}"\n',
  });
  const inside = jailed(config);
  assert.equal(inside.root, "/");
  assert.deepEqual(inside.search, ["/more"]);
  assert.deepEqual(inside.mounts, [{ at: "i", path: "/images" }]);
  assert.deepEqual(inside.clientRoots.map(({ path }) => path), ["{ip}", "/c/{mac}"]);
  assert.equal(inside.hooks.transferEnd, "/bin/hook");
  assert.deepEqual(inside.stripPrefixes, ["tftpboot", "srv/boot"]);
  assert.deepEqual({ ...inside, ...config }, config, "nothing else changes");
});

test("a root of / is the same inside", async () => {
  const config = await loadGood({ file: 'root = "/"\nsearch = ["/srv"]\n' });
  assert.equal(jailed(config), config);
});
