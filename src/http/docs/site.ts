import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { html } from './html.js'
import { type Rendered, renderMarkdown } from './markdown.js'
import { renderPage } from './page.js'

/** The repository's own folder: from `src` and from `dist` it is as far. */
const DOCS = new URL('../../../docs/', import.meta.url)

interface Entry {
  readonly name: string
  readonly text: string
  readonly about: string
  readonly group: 'Guides' | 'References'
  /** A Markdown file of the folder; the others are made from the documents of the doors. */
  readonly file?: string
}

const ENTRIES: readonly Entry[] = [
  {
    name: 'browser',
    text: 'Browsers and Node',
    about: 'The client library: open a chat, say something, be offline.',
    group: 'Guides',
    file: 'guides/browser.md',
  },
  {
    name: 'react',
    text: 'React',
    about: 'Hooks, and an inbox that is ready to be put into a page.',
    group: 'Guides',
    file: 'guides/react.md',
  },
  {
    name: 'from-socketio',
    text: 'From Socket.IO',
    about: 'A client that speaks Socket.IO already, and how it moves over.',
    group: 'Guides',
    file: 'guides/from-socketio.md',
  },
  {
    name: 'backend',
    text: 'Backend',
    about: 'What the marketplace’s own backend does: tokens, chats of orders, system messages.',
    group: 'Guides',
    file: 'guides/backend.md',
  },
  { name: 'rest', text: 'REST', about: 'Every route, from /openapi.json.', group: 'References' },
  { name: 'socket', text: 'WebSocket', about: 'Every frame, from /asyncapi.json.', group: 'References' },
  {
    name: 'contract',
    text: 'Contract',
    about: 'What a client and an operator may rely on.',
    group: 'References',
    file: 'contract.md',
  },
  {
    name: 'limits',
    text: 'Limits',
    about: 'Every bound, and what happens at it.',
    group: 'References',
    file: 'limits.md',
  },
]

/** A page, and what changes with it. */
export interface SitePage {
  readonly text: string
  readonly etag: string
}

export interface SiteOptions {
  readonly rest: () => Rendered
  readonly socket: () => Rendered
}

/** The pages of the docs, each made when it is first asked for. */
export function createSite(references: SiteOptions) {
  const pages = new Map<string, SitePage>()

  async function make(name: string): Promise<string | undefined> {
    if (name === '') return renderStart()
    if (name === 'docs.css') return await readFile(new URL('guides/docs.css', DOCS), 'utf8')
    const entry = ENTRIES.find((one) => one.name === name)
    if (entry === undefined) return undefined
    const { title, headings, body } = await rendered(entry)
    return renderPage({ title, folder: '', home: '../docs', links: linksFrom(name, ''), headings, body })
  }

  async function rendered({ name, file }: Entry): Promise<Rendered> {
    if (file !== undefined) return renderMarkdown(await readFile(new URL(file, DOCS), 'utf8'), linkTo)
    return name === 'rest' ? references.rest() : references.socket()
  }

  return {
    /** A page by its name, the start by none; undefined when there is no such page. */
    async page(name: string): Promise<SitePage | undefined> {
      const known = pages.get(name)
      if (known !== undefined) return known
      const text = await make(name)
      if (text === undefined) return undefined
      const page = { text, etag: etagOf(text) }
      pages.set(name, page)
      return page
    },
  }
}

function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
}

function renderStart(): string {
  const folder = 'docs/'
  const list = (group: Entry['group']) => html`<h2>${group}</h2>
<ul class="cards">${ENTRIES.filter((one) => one.group === group).map(
    ({ name, text, about }) => html`<li><a href="${folder}${name}">${text}</a><p>${about}</p></li>`,
  )}</ul>`
  const body = html`<h1>Parley</h1>
<p>The chat service for marketplaces: customers and sellers talk about an order, or before there is one.</p>
${list('Guides')}
${list('References')}
<p class="quiet">For tools: <a href="openapi.json">openapi.json</a>, <a href="asyncapi.json">asyncapi.json</a>.</p>`
  return renderPage({ title: 'Docs', folder, home: 'docs', links: linksFrom('', folder), headings: [], body })
}

function linksFrom(here: string, folder: string) {
  return ENTRIES.map(({ name, text }) => ({ href: `${folder}${name}`, text, isHere: name === here }))
}

/** Documents link each other as files; here they are pages. What is not among the pages is in the repository alone. */
function linkTo(href: string): string | undefined {
  if (/^(https?:|#)/.test(href)) return href
  const [path = '', fragment] = href.split('#')
  const name = path.slice(path.lastIndexOf('/') + 1)
  const entry = ENTRIES.find(({ file }) => file === name || file === `guides/${name}`)
  if (entry !== undefined) return fragment === undefined ? entry.name : `${entry.name}#${fragment}`
  return ['openapi.json', 'asyncapi.json'].includes(name) ? `../${name}` : undefined
}
