import { Marked, type Tokens } from 'marked'
import { escapeHtml, Html } from './html.js'
import type { Heading } from './page.js'

export interface Rendered {
  readonly title: string
  readonly headings: readonly Heading[]
  readonly body: Html
}

/** Where a link of a document leads on this service; undefined where it leads nowhere here. */
export type LinkTo = (href: string) => string | undefined

/** A Markdown document of this repository as HTML; its headings have the ids that GitHub gives them. */
export function renderMarkdown(text: string, linkTo: LinkTo = (href) => href): Rendered {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${idOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens)
        const target = linkTo(href)
        return target === undefined ? inner : `<a href="${escapeHtml(target)}">${inner}</a>`
      },
      // Wide ones scroll by themselves, and not the page.
      table(token) {
        const table = tableOf(token, (cell) => this.parser.parseInline(cell.tokens))
        return `<div class="wide" tabindex="0">${table}</div>\n`
      },
      code: ({ text }) => codeBlock(text).text,
      html: ({ text }) => escapeHtml(text),
    },
  })
  const tokens = marked.lexer(text)
  const headings = tokens.filter((token): token is Tokens.Heading => token.type === 'heading')
  return {
    title: plain(headings.find(({ depth }) => depth === 1)?.text ?? ''),
    headings: headings
      .filter(({ depth }) => depth === 2 || depth === 3)
      .map(({ text, depth }) => ({ id: idOf(text), text: plain(text), depth: depth === 2 ? 2 : 3 })),
    body: new Html(marked.parser(tokens)),
  }
}

/** One line of Markdown, such as a summary. */
export function renderInline(text: string): Html {
  const marked = new Marked({ renderer: { html: ({ text }) => escapeHtml(text) } })
  return new Html(marked.parseInline(text, { async: false }))
}

export function codeBlock(text: string): Html {
  return new Html(`<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>\n`)
}

function tableOf({ header, rows }: Tokens.Table, inner: (cell: Tokens.TableCell) => string): string {
  const cellOf = (cell: Tokens.TableCell) => {
    const tag = cell.header && cell.text !== '' ? 'th' : 'td'
    return `<${tag}>${inner(cell)}</${tag}>`
  }
  const row = (cells: readonly Tokens.TableCell[]) => `<tr>${cells.map(cellOf).join('')}</tr>`
  const head = header.some(({ text }) => text !== '') ? `<thead>${row(header)}</thead>` : ''
  return `<table>${head}<tbody>${rows.map((cells) => row(cells)).join('')}</tbody></table>`
}

function idOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function plain(markdown: string): string {
  return markdown.replaceAll(/[`*]/g, '')
}
