import type { Progress } from '../report/progress.js'
import type { Arrival } from './generator/orders.js'
import type { Stage } from './stage.js'

const AT_ONCE = 50

export interface Arriving {
  readonly stage: Stage
  readonly users: readonly number[]
  readonly progress: Progress
  readonly label: string
  readonly arrival?: Arrival
}

/** How many stood after how many seconds. */
export type Arrivals = readonly (readonly [second: number, standing: number])[]

/** Brings a session for each of the users, with a bar for whoever waits. @throws when one does not come to stand */
export async function arriveWithBar({ stage, users, progress, label, arrival }: Arriving): Promise<Arrivals> {
  const bar = progress.bar(`${label}: sessions join`, users.length)
  const startedAt = performance.now()
  const seen: [number, number][] = [[0, 0]]
  await stage.arrive(users, undefined, arrival ?? { atOnce: AT_ONCE }, (standing) => {
    seen.push([(performance.now() - startedAt) / 1000, standing])
    bar.to(standing, `${standing} of ${users.length}`)
  })
  seen.push([(performance.now() - startedAt) / 1000, users.length])
  bar.end()
  return seen
}
