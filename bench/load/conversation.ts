import { becomes } from '../engines/until.js'
import type { Progress } from '../report/progress.js'
import { type Costs, costsOf } from './figures/costs.js'
import { limitOf } from './figures/limits.js'
import { isSettled, type Loss, lossOf } from './figures/loss.js'
import { type Heard, heardSince, type Latency } from './generator/figures.js'
import type { Generator } from './generator/generator.js'
import type { Talk } from './generator/orders.js'
import type { Stage } from './stage.js'
import type { System } from './systems/system.js'

/** Longer than any queue of a service may take to empty. */
const SETTLING_MS = 20_000
const MEGABYTE = 2 ** 20

export interface ConversationOptions {
  readonly stage: Stage
  readonly system: System
  readonly talk: Talk
  /** The members of a chat besides the sender. */
  readonly listeners: number
  /** What is said before it counts. */
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly progress: Progress
  readonly label: string
}

/** One run of talk. Rates and costs are of the time measured, latencies of all that was due in it. */
export interface Conversed {
  /** Messages a second that reached the other members. */
  readonly perSecond: number
  readonly acks: Latency
  readonly deliveries: Latency
  /** For each delivery. */
  readonly costs: Costs
  /** Of the largest node, in megabytes. */
  readonly rss: number
  readonly late: Latency
  readonly busy: number
  readonly limit?: string
  readonly loss: Loss
}

/**
 * Resolves when all that was said since `before` is answered and delivered, or never will be; gives what was heard until
 * then, from the beginning on.
 */
export async function settled(generator: Generator, listeners: number, before?: Heard): Promise<Heard> {
  let all = await generator.tell()
  await becomes(async () => {
    all = await generator.tell()
    return isSettled(lossOf(before === undefined ? all : heardSince(before, all), listeners))
  }, SETTLING_MS)
  return all
}

/** Lets the sessions talk, and waits after that until all is answered and delivered. */
export async function converse(options: ConversationOptions): Promise<Conversed> {
  const { stage, system, talk, listeners, warmUpSeconds, seconds, progress, label } = options
  const { generator } = stage
  const before = await generator.tell()
  generator.talk(talk)
  await progress.wait(`${label}: warming up`, warmUpSeconds)
  const { usage, heard, seconds: took } = await stage.measure(() => progress.wait(label, seconds))
  generator.hush()

  const all = heardSince(before, await settled(generator, listeners, before))
  const limit = limitOf({ busy: heard.busy, late: all.late })
  return {
    perSecond: heard.delivered / listeners / took,
    // What was due in the time and came after it counts too: otherwise the slowest would be left out.
    ...{ acks: all.acks, deliveries: all.deliveries, late: all.late },
    costs: costsOf(usage, heard.delivered, system.uses),
    rss: Math.max(...usage.nodes.map(({ rss }) => rss)) / MEGABYTE,
    busy: heard.busy,
    ...(limit !== undefined && { limit }),
    loss: lossOf(all, listeners),
  }
}
