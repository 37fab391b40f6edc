import { type Html, html } from './html.js'

/** A part of a page that one can go to. */
export interface Heading {
  readonly id: string
  readonly text: string
  readonly depth: 2 | 3
}

export interface NavLink {
  readonly href: string
  readonly text: string
  readonly isHere: boolean
}

export interface PageParts {
  readonly title: string
  /** From the page to the folder of the pages: empty when it is in there itself. */
  readonly folder: string
  readonly home: string
  readonly links: readonly NavLink[]
  readonly headings: readonly Heading[]
  readonly body: Html
}

/** The one template of the docs: no script, no style but the sheet's. */
export function renderPage({ title, folder, home, links, headings, body }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Parley</title>
<link rel="stylesheet" href="${folder}docs.css">
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<a class="home" href="${home}">Parley</a>
<nav aria-label="Docs">${links.map(navLink)}</nav>
</header>
<div class="columns">
${headings.length > 0 ? contents(headings) : undefined}
<main id="content">
${body}
</main>
</div>
</body>
</html>
`.text
}

function navLink({ href, text, isHere }: NavLink): Html {
  return isHere
    ? html`<a href="${href}" aria-current="page">${text}</a>`
    : html`<a href="${href}">${text}</a>`
}

function contents(headings: readonly Heading[]): Html {
  const items = headings.map(
    ({ id, text, depth }) => html`<li class="depth-${depth}"><a href="#${id}">${text}</a></li>`,
  )
  return html`<nav class="contents" aria-label="On this page"><ul>${items}</ul></nav>`
}
