import { createRandom } from '../random.js'
import { type FaultName, kindOf } from './kinds.js'

export interface PlannedFault {
  readonly id: number
  readonly name: FaultName
  /** Which node; of the others it only names the node whose turn it was. */
  readonly node: number
  readonly atMs: number
  readonly forMs: number
}

export interface ScheduleOptions {
  readonly seed: number
  readonly nodes: number
  readonly faults: number
  /** Only these kinds. */
  readonly kinds: readonly FaultName[]
  /** No fault begins before, or ends after. */
  readonly fromMs: number
  readonly toMs: number
}

/** What it takes to come back after a fault was undone, before the next one is done to the same thing. */
const RECOVERY_MS = 3_000
const STEP_MS = 250

/** The faults of a run: the same for the same options. Each kind has its turn before one comes again. */
export function planFaults(options: ScheduleOptions): PlannedFault[] {
  const { seed, nodes, faults, kinds, fromMs, toMs } = options
  const random = createRandom(seed).fork('faults')
  const planned: PlannedFault[] = []
  const slotMs = (toMs - fromMs) / faults
  let deck: FaultName[] = []

  for (let id = 1; id <= faults; id++) {
    if (deck.length === 0) deck = random.shuffle(kinds)
    const name = deck.pop() ?? 'node-kill'
    const [least, most] = kindOf(name).forMs
    const forMs = random.between(least, most)
    const earliest = fromMs + slotMs * (id - 1 + random.next() * 0.8)
    const turns = random.shuffle(Array.from({ length: nodes }, (_, node) => node))
    const place = placeFrom({ id, name, forMs, node: 0, atMs: Math.round(earliest) }, turns, planned, options)
    if (place !== undefined) planned.push(place)
  }
  return planned.sort((a, b) => a.atMs - b.atMs)
}

/** The first moment, and the first node in turn, at which it may be; undefined when it does not fit in any more. */
function placeFrom(
  fault: PlannedFault,
  turns: readonly number[],
  planned: readonly PlannedFault[],
  { nodes, toMs }: ScheduleOptions,
): PlannedFault | undefined {
  for (let atMs = fault.atMs; atMs + fault.forMs <= toMs; atMs += STEP_MS)
    for (const node of turns) {
      const placed = { ...fault, node, atMs }
      const near = planned.filter((other) => overlaps(placed, other))
      if (near.some((other) => isSameThing(placed, other))) continue
      const taken = new Set(
        [placed, ...near].filter(({ name }) => kindOf(name).takesNode).map(({ node }) => node),
      )
      if (nodes === 1 || taken.size < nodes) return placed
    }
  return undefined
}

function overlaps(a: PlannedFault, b: PlannedFault): boolean {
  return a.atMs < b.atMs + b.forMs + RECOVERY_MS && b.atMs < a.atMs + a.forMs + RECOVERY_MS
}

function isSameThing(a: PlannedFault, b: PlannedFault): boolean {
  const { where } = kindOf(a.name)
  return where === kindOf(b.name).where && (where !== 'node' || a.node === b.node)
}
