// The frame of every HTML page: one small style sheet, light and dark, nothing fetched.
import { html, raw } from "hono/html";

/** Escaped markup. hono/html makes a promise of it only where a promise is put in. */
export type Html = ReturnType<typeof html>;

const STYLE = `:root{color-scheme:light dark;font:15px/1.4 system-ui,sans-serif}
body{margin:1rem auto;max-width:80rem;padding:0 1rem}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin:1.4rem 0 .3rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.15rem .6rem .15rem 0;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600;border-bottom:1px solid #8888}tr:nth-child(even) td{background:#8881}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.bad{color:light-dark(#b3261e,#ff8a80)}.good{color:light-dark(#1b6e2c,#7ddc8f)}.dim{opacity:.65}
progress{width:7rem}`;

/** A whole page. `head` is further markup for the head, `script` runs at the end of the body. */
export async function document(
  page: { title: string; body: Html; head?: Html; script?: string },
): Promise<string> {
  const lines = [
    "<!DOCTYPE html>",
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    await html`<title>${page.title}</title>`,
    '<link rel="icon" href="data:,">',
    `<style>${STYLE}</style>`,
    await (page.head ?? ""),
    "</head><body>",
    await page.body,
    page.script === undefined ? "" : `<script>${page.script}</script>`,
    "</body></html>\n",
  ];
  return lines.join("\n");
}

/** What can stand in a cell; text is escaped. */
export type Cell = Html | string | number;

/** A table. A title that begins with ">" heads a column of figures, set to the right. */
export function table(titles: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const tone = titles.map((title) => title.startsWith(">") ? raw(' class="n"') : "");
  const heads = titles.map((title, at) => html`<th${tone[at]}>${title.replace(/^>/, "")}</th>`);
  const lines = rows.map((cells) =>
    html`<tr>${cells.map((cell, at) => html`<td${tone[at]}>${cell}</td>`)}</tr>${"\n"}`
  );
  return html`<table><tr>${heads}</tr>${"\n"}${lines}</table>`;
}

/** A name from the network: its direction of writing must not reach the text around it. */
export function nameCell(name: string): Html {
  return html`<bdi>${name}</bdi>`;
}
