import { z } from 'zod'
import { type Html, html } from './html.js'
import { codeBlock, type Rendered, renderInline } from './markdown.js'
import { renderObjects } from './objects.js'
import type { Heading } from './page.js'
import {
  boundsOf,
  exampleOf,
  type NamedNodes,
  namedNodes,
  renderFields,
  schemaNode,
  typeOf,
} from './schema.js'

/** The REST reference as a page, from its OpenAPI document. */
export function renderRest(document: unknown): Rendered {
  const { info, paths, tags, components } = openApi.parse(document)
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ method: method.toUpperCase(), path, ...one })),
  )
  const named = components.schemas
  const objects = renderObjects(named)
  const groups = tags.map((tag) => ({ ...tag, routes: routes.filter((one) => one.tags.includes(tag.name)) }))
  return {
    title: 'The REST routes',
    headings: [
      ...groups.flatMap(({ name, routes }): Heading[] => [
        { id: name.toLowerCase(), text: name, depth: 2 },
        ...routes.map((one): Heading => ({ id: idOf(one), text: `${one.method} ${one.path}`, depth: 3 })),
      ]),
      ...objects.headings,
    ],
    body: html`<h1>The REST routes</h1>
<p class="quiet">Version ${info.version}, as <a href="../openapi.json">OpenAPI 3.1</a>.</p>
<p>${info.description} A token goes into <code>Authorization: Bearer</code>.</p>
${groups.map(
  ({ name, description, routes }) => html`<section><h2 id="${name.toLowerCase()}">${name}</h2>
<p>${renderInline(description)}</p>
${routes.map((one) => renderRoute(one, named))}</section>`,
)}
${objects.body}`,
  }
}

const content = z
  .record(z.string(), z.looseObject({ schema: schemaNode, example: z.unknown().optional() }))
  .optional()
const route = z.looseObject({
  summary: z.string(),
  description: z.string().optional(),
  tags: z.array(z.string()),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.string(),
        required: z.boolean().optional(),
        description: z.string().optional(),
        schema: schemaNode,
      }),
    )
    .default([]),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string(), content })),
})
const openApi = z.looseObject({
  info: z.looseObject({ version: z.string(), description: z.string() }),
  tags: z.array(z.looseObject({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), route)),
  components: z.looseObject({ schemas: namedNodes }),
})
type Route = z.infer<typeof route> & { readonly method: string; readonly path: string }
type Content = z.infer<typeof content>

function idOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method.toLowerCase()}${path.replaceAll(/[^\w]+/g, '-')}`.replace(/-$/, '')
}

function renderRoute(one: Route, named: NamedNodes): Html {
  const { method, path, summary, description, parameters, requestBody, responses } = one
  const answers = Object.entries(responses)
  const done = answers.filter(([status]) => Number(status) < 400)
  const refused = answers.filter(([status]) => Number(status) >= 400)
  return html`<article id="${idOf(one)}">
<h3><code>${method} ${path}</code></h3>
<p>${renderInline(summary)}.${description === undefined ? undefined : html` ${renderInline(description)}`}</p>
${parameters.length === 0 ? undefined : renderParameters(parameters)}
${requestBody === undefined ? undefined : html`<h4>Body</h4>${renderContent(requestBody.content, named)}`}
<h4>Answers</h4>
${done.map(([status, answer]) => renderAnswer(status, answer, named))}
<details><summary>Refusals</summary><table><tbody>
${refused.map(
  ([status, { description }]) =>
    html`<tr><th scope="row">${status}</th><td>${renderInline(description)}</td></tr>`,
)}
</tbody></table></details>
</article>`
}

function renderParameters(parameters: Route['parameters']): Html {
  return html`<div class="wide" tabindex="0"><table class="fields"><tbody>${parameters.map(
    ({ name, in: place, required, description, schema }) => html`<tr>
<th scope="row"><code>${name}</code>${required === true ? undefined : html` <span class="quiet">optional</span>`}</th>
<td>${place}</td><td>${typeOf(schema)}${boundsOf(schema)}</td><td>${renderInline(description ?? '')}</td></tr>`,
  )}</tbody></table></div>`
}

function renderAnswer(status: string, answer: Route['responses'][string], named: NamedNodes): Html {
  return html`<p><strong>${status}</strong> ${renderInline(answer.description)}</p>${renderContent(answer.content, named)}`
}

function renderContent(given: Content, named: NamedNodes): Html {
  const [first] = Object.entries(given ?? {})
  if (first === undefined) return html``
  const [type, { schema, example = exampleOf(schema, named) }] = first
  const isNamed = schema.$ref !== undefined
  const isJson = type === 'application/json'
  return html`${isJson ? undefined : html`<p><code>${type}</code></p>`}
${isNamed ? html`<p>${typeOf(schema)}</p>` : renderFields(schema)}
${isJson && !isNamed ? codeBlock(JSON.stringify(example, null, 2)) : undefined}`
}
