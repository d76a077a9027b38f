// The status page and the page of one client, made on the server: tables that need no script.
import { html, raw } from "hono/html";
import { authority } from "../match/authority.ts";
import type { LiveTransfer, Report, TimedReport } from "../resolve/report.ts";
import type { HttpAppOptions } from "./deps.ts";
import { type Cell, document, foreign, type Html, table } from "./document.ts";
import { rateText, sizeText, spanText, timeText } from "./figures.ts";
import { SCRIPT } from "./page_script.ts";

/** Rows of the tables of the status page; the rest is behind links and in the JSON. */
const ROWS_MAX = 50;

/** The status page. */
export async function statusPage(options: HttpAppOptions): Promise<string> {
  const body = html`<main>${raw(await statusFragment(options))}</main>`;
  const head = html`<noscript><meta http-equiv="refresh" content="5"></noscript>`;
  return document({ title: "bootsrv", body, head, script: SCRIPT });
}

/** What changes on the status page. */
export async function statusFragment(options: HttpAppOptions): Promise<string> {
  const { activity } = options;
  const text = await html`
    ${serverSection(options)}
    <h2>Live transfers</h2>
    ${liveTable(activity.live())}
    <h2>Recent requests</h2>
    ${recentTable(activity.recent().slice(0, ROWS_MAX))}
    <h2>Clients</h2>
    ${clientTable(options)}
    <h2>Since the start</h2>
    ${countTable(options)}
  `;
  return `${text}`.trim();
}

/** The last requests of one client. */
export function clientPage(options: HttpAppOptions, client: string): Promise<string> {
  const recent = options.activity.ofClient(client);
  const body = html`
    <h1>${client}</h1>
    <p><a href="/.bootsrv/">Status</a></p>
    ${recentTable(recent)}
  `;
  return document({ title: `bootsrv: ${client}`, body });
}

const NONE = html`<p class="dim">None.</p>`;

function serverSection({ info }: HttpAppOptions): Html {
  const { version, root, driver, ready, listeners, startedAtMs, facts } = info();
  const places = listeners.map(({ via, address, port }) => `${via} ${authority(address, port)}`);
  const rows = [
    ["Listeners", places.join(", ")],
    ["Root", root],
    ["Since", `${timeText(startedAtMs)} UTC`],
    ["UDP driver", driver],
    ...facts.map(({ name, value }) => [name, value]),
  ];
  const state = ready
    ? html`<span class="good">ready</span>`
    : html`<span class="bad">not ready</span>`;
  return html`
    <h1>bootsrv ${version} ${state}</h1>
    ${table(["Server", "~"], rows)}
  `;
}

function liveTable(live: readonly LiveTransfer[]): Html {
  if (live.length === 0) return NONE;
  const rows = live.slice(0, ROWS_MAX).map((transfer): Cell[] => {
    const { client, via, operation, name, size, bytes, durationMs, options } = transfer;
    const share = size === null || size === 0
      ? ""
      : html`<progress max="${size}" value="${Math.min(bytes, size)}"></progress>`;
    const rate = rateText(bytes, durationMs);
    const how = `${via} ${operation}`;
    return [clientLink(client), how, foreign(name), share, sizeText(bytes), rate, options];
  });
  return html`
    ${table(["~Client", "How", "~Name", "", ">Bytes", ">Rate", "~Options"], rows)}
    <p class="dim">${live.length} in all</p>
  `;
}

function recentTable(recent: readonly TimedReport[]): Html {
  if (recent.length === 0) return NONE;
  const rows = recent.map(({ atMs, report }): Cell[] => {
    const { client, via, operation, outcome, bytes, durationMs } = report;
    const tone = BAD.has(outcome) ? "bad" : outcome === "done" ? "good" : "dim";
    return [
      timeText(atMs),
      clientLink(client),
      `${via} ${operation}`,
      namesCell(report),
      html`<span class="${tone}">${outcome}</span>`,
      sizeText(bytes),
      spanText(durationMs),
      whyCell(report),
    ];
  });
  const titles = ["Time (UTC)", "~Client", "How", "~Name", "Outcome", ">Bytes", ">Time", "~Why"];
  return table(titles, rows);
}

/** What held it up or went wrong, and the steps that led there, as in the log. */
function whyCell(report: Report): Html {
  const { outcome, reason, limiter, noMulticast, trail, options } = report;
  // The first step is the name, which the row has already.
  const steps = outcome === "done" ? [] : trail.slice(1);
  const alone = noMulticast === "" ? "" : `no multicast: ${noMulticast}`;
  const more = [alone, ...steps, options].filter((text) => text !== "").join("; ");
  return html`${foreign(reason === "" ? limiter : reason)} <span class="dim">${
    foreign(more)
  }</span>`;
}

const BAD: ReadonlySet<string> = new Set(["refused", "failed", "aborted"]);

/** What was asked for, and what it became where that differs. */
function namesCell({ name, file }: Report): Html {
  if (file === null || file === name) return foreign(name);
  return html`${foreign(name)} → ${foreign(file)}`;
}

function clientTable({ activity }: HttpAppOptions): Html {
  const clients = activity.clients();
  if (clients.length === 0) return NONE;
  const rows = clients.slice(0, ROWS_MAX).map(({ client, requests, last }): Cell[] => {
    const { name, outcome } = last.report;
    return [clientLink(client), requests, timeText(last.atMs), foreign(name), outcome];
  });
  return html`
    ${table(["~Client", ">Requests", "Last seen (UTC)", "~Asked last", "Outcome"], rows)}
    <p class="dim">${clients.length} in all</p>
  `;
}

function countTable({ activity }: HttpAppOptions): Html {
  const counts = activity.counts();
  if (counts.length === 0) return NONE;
  const rows = counts.map(({ via, operation, outcome, requests, bytes, retransmits }) =>
    [via, operation, outcome, requests, sizeText(bytes), retransmits] as const
  );
  const titles = ["Protocol", "Operation", "Outcome", ">Requests", ">Bytes", ">Retransmissions"];
  return table(titles, rows);
}

function clientLink(client: string): Html {
  return html`<a href="/.bootsrv/client/${encodeURIComponent(client)}">${client}</a>`;
}
