"""The style sheet of the HTML report: light, dark, narrow, on paper. Every pair of colours meets WCAG AA."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de; --code: #eef1f4;
  --link: #0550ae; --bad: #a40e26; --bad-fill: #ffebe9; --good: #116329; --good-fill: #dafbe1;
  --warn: #7d4e00; --warn-fill: #fff8c5; --open: #424a53; --open-fill: #eaeef2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --text: #e6edf3; --quiet: #9da7b3; --line: #3d444d; --code: #21262d;
    --link: #79c0ff; --bad: #ffa198; --bad-fill: #4b1113; --good: #7ee787; --good-fill: #0f3d1c;
    --warn: #f2cc60; --warn-fill: #3b2b00; --open: #c9d1d9; --open-fill: #30363d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: break-word;
}
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .5rem; font-size: 1.2rem; line-height: 1.35; }
h3 { margin: 1.25rem 0 .35rem; font-size: .95rem; }
h1, h2, .verdict { overflow-wrap: anywhere; }
p { margin: .35rem 0; }
ul, dl { margin: .35rem 0; }
ul { padding-left: 1.25rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code, pre { font: .875em/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; background: var(--code); }
code { padding: .1em .3em; border-radius: .25rem; overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .75rem; border-radius: .375rem; overflow-x: auto; white-space: pre-wrap; }
pre code { padding: 0; font-size: 1em; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th, .quiet, dt { color: var(--quiet); font-size: .875rem; }
.causes a { display: inline-block; min-width: 1.5rem; }
.causes td { min-width: 4.5rem; }
.evidence td:first-child { width: 5rem; }
.evidence .against td:first-child { color: var(--bad); font-weight: 600; }
.card {
  margin: 1rem 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
}
.verdict { font-size: 1.05rem; }
.badge {
  display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font-size: .8rem; font-weight: 600;
  vertical-align: middle; white-space: nowrap;
}
.certain { color: var(--bad); background: var(--bad-fill); }
.likely { color: var(--warn); background: var(--warn-fill); }
.possible, .open { color: var(--open); background: var(--open-fill); }
.gates { display: flex; flex-wrap: wrap; gap: .35rem; margin: 1rem 0 .5rem; padding: 0; list-style: none; }
.gates li { padding: .15rem .6rem; border-radius: .375rem; font-size: .875rem; border: 1px solid transparent; }
.passed { color: var(--good); background: var(--good-fill); }
.failed { color: var(--bad); background: var(--bad-fill); font-weight: 700; }
.gates .failed { border-color: currentColor; }
.unknown { color: var(--open); background: var(--open-fill); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
summary { cursor: pointer; padding: .2rem 0; }
details > :not(summary) { margin-left: 1rem; }
dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .25rem 1rem; align-items: baseline; }
dt { max-width: 16rem; overflow-wrap: anywhere; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  body { padding: .5rem; }
  .card { padding: .9rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  th, td { display: block; padding: .1rem 0; border: 0; }
  .evidence td { display: inline; padding-right: .5rem; }
  .causes td { display: inline-block; margin-right: .75rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dt { margin-top: .35rem; }
  details > :not(summary) { margin-left: .5rem; }
}
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; background: #ffffff; }
  .card { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: .75rem 0; }
  h2, h3, .gates, tr, pre { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""
