import { type Html, html } from './html.js'
import { codeBlock, renderInline } from './markdown.js'
import type { Heading } from './page.js'
import { exampleOf, type NamedNodes, renderFields } from './schema.js'

/** What the references refer to by its name. */
export function renderObjects(named: NamedNodes): { body: Html; headings: Heading[] } {
  const sorted = Object.entries(named).sort(([a], [b]) => a.localeCompare(b))
  const objects = sorted.map(
    ([name, schema]) => html`<article id="${name}">
<h3>${name}</h3>
<p>${renderInline(schema.description ?? '')}</p>
${renderFields(schema)}
${codeBlock(JSON.stringify(exampleOf(schema, named), null, 2))}
</article>`,
  )
  return {
    body: html`<section><h2 id="objects">Objects</h2>${objects}</section>`,
    headings: [
      { id: 'objects', text: 'Objects', depth: 2 },
      ...sorted.map(([name]): Heading => ({ id: name, text: name, depth: 3 })),
    ],
  }
}
