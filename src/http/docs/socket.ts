import { z } from 'zod'
import type { AsyncApiDocument } from '../../protocol/asyncapi.js'
import { type Html, html } from './html.js'
import { codeBlock, type Rendered, renderInline, renderMarkdown } from './markdown.js'
import { renderObjects } from './objects.js'
import type { Heading } from './page.js'
import { namedNodes, nameOf, renderFields, schemaNode } from './schema.js'

/** The socket's reference as a page, from its AsyncAPI document. */
export function renderSocket({ info, servers, operations, components }: AsyncApiDocument): Rendered {
  const named = namedNodes.parse(components.schemas)
  const all = Object.values(operations).map((one) => operation.parse(one))
  const frames = all.filter(({ action }) => action === 'receive')
  const pushes = all.filter(({ action }) => action === 'send')
  const rules = renderMarkdown(info.description)
  const objects = renderObjects(named)

  function message(ref: string): Html {
    const found = components.messages[nameOf(ref)]
    if (found === undefined) return html``
    const [example] = found.examples
    return html`${renderFields(schemaNode.parse(found.payload))}${codeBlock(JSON.stringify(example?.payload, null, 2))}`
  }

  const frame = ({ summary, messages, reply }: Operation): Html => {
    const id = nameOf(messages[0].$ref)
    // Every frame may be answered by an error, which has its own place.
    const answer = reply?.messages.find(({ $ref }) => nameOf($ref) !== 'error')
    return html`<article id="${id}">
<h3><code>${titleOf(id)}</code></h3>
<p>${renderInline(summary)}</p>
${message(messages[0].$ref)}
${answer === undefined ? html`<p class="quiet">No reply.</p>` : html`<h4>Reply</h4>${message(answer.$ref)}`}
</article>`
  }

  const push = ({ summary, messages }: Operation): Html => html`<article id="${nameOf(messages[0].$ref)}">
<h3><code>${titleOf(nameOf(messages[0].$ref))}</code></h3>
<p>${renderInline(summary)}</p>
${message(messages[0].$ref)}
</article>`

  return {
    title: 'The raw WebSocket',
    headings: [
      { id: 'connect', text: 'Connect', depth: 2 },
      ...rules.headings.map((heading): Heading => ({ ...heading, depth: 2 })),
      { id: 'frames', text: 'Client frames', depth: 2 },
      ...frames.map(headingOf),
      { id: 'pushes', text: 'Pushes', depth: 2 },
      ...pushes.map(headingOf),
      { id: 'error', text: 'Error', depth: 2 },
      ...objects.headings,
    ],
    body: html`<h1>The raw WebSocket</h1>
<p class="quiet">Version ${info.version}, as <a href="../asyncapi.json">AsyncAPI 3.0</a>.</p>
<h2 id="connect">Connect</h2>
<p>${renderInline(servers.parley.description)} <code>ws://${servers.parley.variables.host.default}/ws</code>, with a token in one of three ways:</p>
<ul>${Object.values(components.securitySchemes).map(({ description }) => html`<li>${renderInline(description)}</li>`)}</ul>
${rules.body}
<section><h2 id="frames">Client frames</h2>${frames.map(frame)}</section>
<section><h2 id="pushes">Pushes</h2>${pushes.map(push)}</section>
<section><h2 id="error">Error</h2>${message('error')}</section>
${objects.body}`,
  }
}

const reference = z.object({ $ref: z.string() })
const operation = z.looseObject({
  action: z.enum(['receive', 'send']),
  summary: z.string(),
  messages: z.tuple([reference]),
  reply: z.object({ messages: z.array(reference) }).optional(),
})
type Operation = z.infer<typeof operation>

function headingOf({ messages }: Operation): Heading {
  const id = nameOf(messages[0].$ref)
  return { id, text: titleOf(id), depth: 3 }
}

/** `frame.join` is `join`. */
function titleOf(id: string): string {
  return id.slice(id.indexOf('.') + 1)
}
