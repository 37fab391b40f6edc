import { z } from 'zod'
import { callFrame, type Place, placeOf } from './frames.js'

export const cpuProfile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame, children: z.array(z.number()).optional() })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
})
export type CpuProfile = z.infer<typeof cpuProfile>

/** A function as it was called from the one above; times in microseconds. */
export interface Call {
  readonly place: Place
  self: number
  total: number
  readonly calls: Map<string, Call>
}

/** Who was called by whom, and for how long; one call for all of a place from the same one above. */
export function toTree({ nodes, samples, timeDeltas }: CpuProfile): Call {
  const selfTimes = new Map<number, number>()
  // A delta is the time since the sample before: that one's.
  for (const [index, id] of samples.entries()) {
    const lasted = Math.max(0, timeDeltas[index + 1] ?? 0)
    selfTimes.set(id, (selfTimes.get(id) ?? 0) + lasted)
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))

  function add(id: number, above: Call): number {
    const node = byId.get(id)
    if (node === undefined) return 0
    const place = placeOf(node.callFrame)
    const key = `${place.name} ${place.where}`
    const call = above.calls.get(key) ?? createCall(place)
    above.calls.set(key, call)
    const self = selfTimes.get(id) ?? 0
    const total = self + addAll(node.children ?? [], call)
    call.self += self
    call.total += total
    return total
  }

  function addAll(ids: readonly number[], above: Call): number {
    return ids.reduce((sum, id) => sum + add(id, above), 0)
  }

  const [root] = nodes
  const all = createCall({ name: 'all', where: '', owner: '', origin: 'native' })
  all.total = addAll(root?.children ?? [], all)
  return all
}

function createCall(place: Place): Call {
  return { place, self: 0, total: 0, calls: new Map() }
}

/** The time that each was on top of the stack. */
export function* selfTimes(call: Call): Generator<readonly [Place, number]> {
  if (call.self > 0) yield [call.place, call.self]
  for (const below of call.calls.values()) yield* selfTimes(below)
}

/** Without the time in which there was nothing to do. */
export function withoutIdle(root: Call): Call {
  const calls = new Map([...root.calls].filter(([, { place }]) => place.origin !== 'idle'))
  return { ...root, calls, total: [...calls.values()].reduce((sum, { total }) => sum + total, 0) }
}
