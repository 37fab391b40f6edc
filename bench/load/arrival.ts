import type { Progress } from '../report/progress.js'
import { type Costs, costsOf } from './figures/costs.js'
import { limitOf } from './figures/limits.js'
import type { Latency } from './generator/figures.js'
import type { Arrival } from './generator/orders.js'
import type { Stage } from './stage.js'
import type { System } from './systems/system.js'

export interface Arriving {
  readonly stage: Stage
  readonly users: readonly number[]
  readonly progress: Progress
  readonly label: string
  readonly arrival?: Arrival
}

/** How many stood after how many seconds. */
export type Arrivals = readonly (readonly [second: number, standing: number])[]

export interface ArrivalRun {
  readonly seconds: number
  /** From the first packet of each until it stands. */
  readonly took: Latency
  /** For each session. */
  readonly costs: Costs
  /** Of the generator's busiest thread. */
  readonly busy: number
  readonly limit?: string
  readonly arrivals: Arrivals
}

/** Brings a session for each of the users, with a bar for whoever waits. @throws when one does not come to stand */
export async function arriveWithBar({ stage, users, progress, label, arrival }: Arriving): Promise<Arrivals> {
  const bar = progress.bar(`${label}: sessions join`, users.length)
  const startedAt = performance.now()
  const seen: [number, number][] = [[0, 0]]
  await stage.arrive(users, arrival, (standing) => {
    seen.push([(performance.now() - startedAt) / 1000, standing])
    bar.to(standing, `${standing} of ${users.length}`)
  })
  seen.push([(performance.now() - startedAt) / 1000, users.length])
  bar.end()
  return seen
}

/** Where the arrival itself is what is measured. */
export async function measureArrival(system: System, arriving: Arriving): Promise<ArrivalRun> {
  const { stage, users } = arriving
  const { heard, usage, seconds, result } = await stage.measure(() => arriveWithBar(arriving))
  const limit = limitOf(heard)
  return {
    ...{ seconds, took: heard.arrivals, busy: heard.busy, arrivals: result },
    costs: costsOf(usage, users.length, system.uses),
    ...(limit !== undefined && { limit }),
  }
}
