// The frame of every HTML page: one small style sheet, light and dark, nothing fetched.
import { html, raw } from "hono/html";
import { plainText } from "../match/safe_text.ts";

/** Escaped markup. hono/html makes a promise of it only where a promise is put in. */
export type Html = ReturnType<typeof html>;

const STYLE = `:root{color-scheme:light dark;font:15px/1.4 system-ui,sans-serif}
body{margin:1rem auto;max-width:80rem;padding:0 1rem}
h1{font-size:1.3rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:1.4rem 0 .3rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.15rem .6rem .15rem 0;vertical-align:top;white-space:nowrap}
th{font-weight:600;border-bottom:1px solid #8888}tr:nth-child(even){background:#8881}
.w{white-space:normal;overflow-wrap:anywhere;min-width:7rem}
.n{text-align:right;font-variant-numeric:tabular-nums}
.bad{color:light-dark(#b3261e,#ff8a80)}.good{color:light-dark(#1b6e2c,#7ddc8f)}.dim{opacity:.65}
progress{width:7rem}
[data-state=offline] main{opacity:.5}
[data-state=offline]::before{content:"The server does not answer: this is how it was.";font-weight:600}
@media(max-width:50rem){table,tbody{display:block}tr:has(th),td:empty{display:none}
tr{display:flex;flex-wrap:wrap;gap:0 .8rem;padding:.3rem 0;border-bottom:1px solid #8884}
td{padding:0;white-space:normal;overflow-wrap:anywhere}.w{min-width:0}
td[data-title]::before{content:attr(data-title)" ";opacity:.65}}`;

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

/**
 * A table. A title that begins with ">" heads a column of figures, set to the right; one that
 * begins with "~" a column of text that may be broken anywhere. Where the window is narrow, each
 * row is a paragraph, and figures bear their titles.
 */
export function table(titles: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const columns = titles.map((title) => {
    const text = title.replace(/^[>~]/, "");
    if (title.startsWith(">")) return { text, head: N, cell: html`${N} data-title="${text}"` };
    return title.startsWith("~") ? { text, head: W, cell: W } : { text, head: "", cell: "" };
  });
  const heads = columns.map(({ head, text }) => html`<th${head}>${text}</th>`);
  const lines = rows.map((cells) =>
    html`<tr>${cells.map((cell, at) => html`<td${columns[at]!.cell}>${cell}</td>`)}</tr>${"\n"}`
  );
  return html`<table><tr>${heads}</tr>${"\n"}${lines}</table>`;
}

const N = raw(' class="n"');
const W = raw(' class="w"');

/**
 * A name from the network, or a text with one in it: nothing in it is invisible, and its direction
 * of writing does not reach the text around it.
 */
export function foreign(text: string): Html {
  return html`<bdi>${plainText(text)}</bdi>`;
}
