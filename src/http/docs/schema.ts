import { z } from 'zod'
import { type Html, html, join } from './html.js'
import { renderInline } from './markdown.js'

/** What is read of a JSON schema here. */
export const schemaNode = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  examples: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxItems: z.number().optional(),
  get properties(): z.ZodOptional<z.ZodRecord<z.ZodString, typeof schemaNode>> {
    return z.record(z.string(), schemaNode).optional()
  },
  get items(): z.ZodOptional<typeof schemaNode> {
    return schemaNode.optional()
  },
  get additionalProperties(): z.ZodOptional<z.ZodUnion<readonly [z.ZodBoolean, typeof schemaNode]>> {
    return z.union([z.boolean(), schemaNode]).optional()
  },
  get anyOf(): z.ZodOptional<z.ZodArray<typeof schemaNode>> {
    return z.array(schemaNode).optional()
  },
  get oneOf(): z.ZodOptional<z.ZodArray<typeof schemaNode>> {
    return z.array(schemaNode).optional()
  },
})
export type SchemaNode = z.infer<typeof schemaNode>
export const namedNodes = z.record(z.string(), schemaNode)
export type NamedNodes = z.infer<typeof namedNodes>

/** The fields of an object, those of inner objects by their path; of a union, of each that it may be. */
export function renderFields(schema: SchemaNode): Html {
  const choices = (schema.oneOf ?? schema.anyOf ?? []).filter(({ properties }) => properties !== undefined)
  if (choices.length > 0) return join(choices.map(renderFields), '\n')
  const rows = fieldsOf(schema, '')
  if (rows.length === 0) return html`<p class="quiet">No fields.</p>`
  return html`<div class="wide" tabindex="0"><table class="fields"><tbody>${rows}</tbody></table></div>`
}

/** What it is, in a few words, with links to what has a name. */
export function typeOf(schema: SchemaNode): Html {
  const { $ref, type, items, additionalProperties: values } = schema
  if ($ref !== undefined) return html`<a href="#${nameOf($ref)}">${nameOf($ref)}</a>`
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`
  const choices = schema.oneOf ?? schema.anyOf
  if (choices !== undefined) return join(choices.map(typeOf), ' | ')
  if (schema.enum !== undefined)
    return join(
      schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
      ' | ',
    )
  if (type === 'array') return items === undefined ? html`array` : html`array of ${typeOf(items)}`
  if (type === 'object' && typeof values === 'object' && Object.keys(values).length > 0)
    return html`object of ${typeOf(values)}`
  return html`${schema.format ?? (Array.isArray(type) ? type.join(' | ') : (type ?? 'any'))}`
}

/** An example: the schema's own where it has one, else put together from those of its parts. */
export function exampleOf(schema: SchemaNode, named: NamedNodes): unknown {
  const { $ref, examples, items, properties, type } = schema
  if (examples !== undefined && examples.length > 0) return examples[0]
  if ($ref !== undefined) return exampleOf(named[nameOf($ref)] ?? {}, named)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const [choice] = schema.oneOf ?? schema.anyOf ?? []
  if (choice !== undefined) return exampleOf(choice, named)
  if (properties !== undefined)
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, exampleOf(property, named)]),
    )
  if (type === 'array') return items === undefined ? [] : [exampleOf(items, named)]
  if (type === 'object') return {}
  return plainExample(schema)
}

/** The name in a reference such as `#/components/schemas/Chat`. */
export function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

function fieldsOf({ properties = {}, required = [] }: SchemaNode, path: string): Html[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const inner = property.items ?? property
    const here = `${path}${name}`
    const below = fieldsOf(inner, `${here}${property.items === undefined ? '' : '[]'}.`)
    return [row(here, property, required.includes(name)), ...below]
  })
}

function row(name: string, schema: SchemaNode, isRequired: boolean): Html {
  const optional = isRequired ? undefined : html` <span class="quiet">optional</span>`
  const description = schema.description === undefined ? undefined : renderInline(schema.description)
  return html`<tr><th scope="row"><code>${name}</code>${optional}</th><td>${typeOf(schema)}${boundsOf(schema)}</td><td>${description}</td></tr>
`
}

export function boundsOf({ minLength, maxLength, minimum, maximum, maxItems, ...schema }: SchemaNode): Html {
  const words = [
    maxLength === undefined
      ? undefined
      : `${minLength === undefined ? 'at most ' : `${minLength}-`}${maxLength} characters`,
    minimum === undefined || maximum !== undefined ? undefined : `${minimum} or more`,
    maximum === undefined ? undefined : `${minimum ?? ''}-${maximum}`,
    maxItems === undefined ? undefined : `at most ${maxItems}`,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
  ].filter((word) => word !== undefined)
  return words.length === 0 ? html`` : html` <span class="quiet">${words.join(', ')}</span>`
}

function plainExample({ type, format, minimum }: SchemaNode): unknown {
  const first = Array.isArray(type) ? type[0] : type
  if (format === 'date-time') return '2026-03-02T09:15:30.250Z'
  if (format === 'uri') return 'https://files.shop.example/shoe.jpg'
  if (first === 'integer' || first === 'number') return minimum ?? 1
  if (first === 'boolean') return true
  return first === 'null' ? null : 'text'
}
