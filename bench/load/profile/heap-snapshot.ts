import { z } from 'zod'

const heapSnapshot = z.object({
  snapshot: z.object({
    meta: z.object({
      node_fields: z.array(z.string()),
      node_types: z.tuple([z.array(z.string())]).rest(z.unknown()),
    }),
  }),
  nodes: z.array(z.number()),
  strings: z.array(z.string()),
})

/** What is alive of a kind: of objects those of a constructor, of all else what V8 calls it. */
export interface Alive {
  readonly kind: string
  readonly count: number
  /** Bytes of the objects themselves, without what they point to. */
  readonly bytes: number
}

/** From the text of a heap snapshot: what is alive, the most bytes first. */
export function summariseHeap(text: string): Alive[] {
  const { snapshot, nodes, strings } = heapSnapshot.parse(JSON.parse(text))
  const fields = snapshot.meta.node_fields
  const [types] = snapshot.meta.node_types
  const [typeAt, nameAt, sizeAt] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field))
  if (typeAt === undefined || nameAt === undefined || sizeAt === undefined) return []

  const kinds = new Map<string, { count: number; bytes: number }>()
  for (let start = 0; start < nodes.length; start += fields.length) {
    const type = types[nodes[start + typeAt] ?? 0] ?? ''
    const isObject = type === 'object' || type === 'native'
    const kind = isObject ? (strings[nodes[start + nameAt] ?? 0] ?? '') : `(${type})`
    const sum = kinds.get(kind) ?? { count: 0, bytes: 0 }
    sum.count += 1
    sum.bytes += nodes[start + sizeAt] ?? 0
    kinds.set(kind, sum)
  }
  return [...kinds].map(([kind, sum]) => ({ kind, ...sum })).sort((one, other) => other.bytes - one.bytes)
}

/** What has come between two looks, the most bytes first. */
export function aliveSince(before: readonly Alive[], after: readonly Alive[]): Alive[] {
  const earlier = new Map(before.map((one) => [one.kind, one]))
  return after
    .map(({ kind, count, bytes }) => ({
      kind,
      count: count - (earlier.get(kind)?.count ?? 0),
      bytes: bytes - (earlier.get(kind)?.bytes ?? 0),
    }))
    .sort((one, other) => other.bytes - one.bytes)
}
