// The metrics in the Prometheus text format, from the activity as it is at the scrape.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Count } from "../../src/http/activity_view.ts";
import type { LiveTransfer } from "../../src/resolve/report.ts";
import { createMetrics } from "../../src/server/metrics.ts";

test("each scrape shows the sums as they are", async () => {
  const count = {
    ...{ via: "tftp", operation: "read", outcome: "done" },
    ...{ requests: 2, bytes: 84_000, retransmits: 1, seconds: 0.5 },
  } as Count;
  const groups = {
    ...{ running: 1, started: 2, blocksSent: 30, repeats: 4, bytesSent: 5000, masterChanges: 6 },
  };
  const live = { via: "http" } as LiveTransfer;
  let counts: readonly Count[] = [];
  const metrics = createMetrics({
    activity: {
      counts: () => counts,
      refusals: () => [{ kind: "not-found", requests: 3 }],
      live: () => [live],
    },
    info: () => ({ version: "1.2.3", startedAtMs: 5000, ready: true }),
    ruleHits: () => [{ number: 1, label: "", hits: 4 }, { number: 2, label: "x", hits: 0 }],
    groups: () => groups,
  });
  const empty = await metrics.collect();
  assert.match(empty.type, /^text\/plain; version=0\.0\.4/);
  assert.doesNotMatch(empty.text, /bootsrv_requests_total\{/);
  counts = [count];
  for (let scrape = 0; scrape < 2; scrape += 1) {
    const { text } = await metrics.collect();
    const labels = '{via="tftp",operation="read",outcome="done"}';
    for (
      const line of [
        `bootsrv_requests_total${labels} 2`,
        `bootsrv_bytes_total${labels} 84000`,
        `bootsrv_retransmissions_total${labels} 1`,
        `bootsrv_transfer_seconds_total${labels} 0.5`,
        'bootsrv_refusals_total{reason="not-found"} 3',
        'bootsrv_transfers{via="http"} 1',
        'bootsrv_transfers{via="tftp"} 0',
        'bootsrv_build_info{version="1.2.3"} 1',
        "bootsrv_start_time_seconds 5",
        "bootsrv_ready 1",
        "bootsrv_multicast_groups 1",
        "bootsrv_multicast_groups_started_total 2",
        "bootsrv_multicast_blocks_sent_total 30",
        "bootsrv_multicast_repeats_total 4",
        "bootsrv_multicast_bytes_sent_total 5000",
        "bootsrv_multicast_master_changes_total 6",
        'bootsrv_rewrite_rule_hits_total{rule="1",label=""} 4',
        'bootsrv_rewrite_rule_hits_total{rule="2",label="x"} 0',
      ]
    ) {
      assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
    }
    assert.match(text, /^process_resident_memory_bytes \d/m);
  }
});
