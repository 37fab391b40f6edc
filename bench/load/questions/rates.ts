import { z } from 'zod'
import { count, numberList } from '../../flags.js'
import { arriveWithBar } from '../arrival.js'
import { type Conversed, converse } from '../conversation.js'
import { costPlot } from '../figures/costs.js'
import { latencyByRate } from '../figures/latency-plot.js'
import { talkTables } from '../figures/talk-tables.js'
import { brokenIn } from '../figures/verdicts.js'
import { onStage, type Stage } from '../stage.js'
import type { System } from '../systems/system.js'
import { numbers, pairs } from '../worlds.js'
import { inTurn, ownOf } from './in-turn.js'
import { type Asked, createQuestion } from './question.js'
import { type RatesRow, ratesTargets } from './rates-targets.js'

const WARM_UP_SECONDS = 2
/** As fast as it can, first: at a low rate code would stay uncompiled for minutes, and cost several times as much. */
const COMPILING_SECONDS = 5
const NODES = 2
/** Less than this share of a rate is more than the system can: higher ones are not tried. */
const KEPT_UP = 0.95

const flags = z.object({
  chats: count(1, 8_000).default(500),
  /** Messages a second, separated by commas. */
  rates: numberList(1, 200_000).default([1_000, 2_000, 5_000, 10_000]),
  seconds: count(1, 600).default(10),
})

type Options = z.infer<typeof flags>

/** What a message waits at a rate that is fixed beforehand, whatever becomes of those before it. */
export const rates = createQuestion({
  name: 'rates',
  title: 'Fixed rates: what a message waits',
  flags,
  quick: { seconds: 3, rates: '1000,2000' },

  async run(asked, options) {
    const rows = await inTurn(asked, (system, label) => askAll(asked, options, system, label))
    const byRate = rows.flatMap(({ system, name, runs }) =>
      options.rates.map(
        (rate): RatesRow => ({
          ...{ system, rate, name: `${name}, ${rate.toLocaleString('en-GB')}/s` },
          runs: runs.flatMap((run) => run.get(rate) ?? []),
        }),
      ),
    )
    const measured = byRate.filter(({ runs }) => runs.length > 0)
    return {
      setting: `${options.chats} chats of two, whose members are on different ones of ${NODES} nodes. Messages leave at times fixed beforehand, and latency is counted from those: what waits behind others counts in full. ${options.seconds} s at each rate, after ${COMPILING_SECONDS} s as fast as the system can and ${WARM_UP_SECONDS} s of warming up; a system that delivers less than ${KEPT_UP * 100} % of a rate is not asked for more.`,
      targets: ratesTargets(measured),
      tables: talkTables(measured),
      plots: [
        latencyByRate(
          rows.map(({ name }) => ({
            name,
            rows: measured.filter((row) => row.name.startsWith(`${name}, `)),
          })),
        ),
        costPlot('message', measured),
      ],
      figures: { rows: measured.map(({ name, rate, runs }) => ({ name, rate, runs })) },
      broken: brokenIn(ownOf(measured)),
    }
  },
})

async function askAll({ engines, progress }: Asked, options: Options, system: System, label: string) {
  const world = pairs(options.chats)
  const users = numbers(world.users)

  const ask = async (stage: Stage, rate: number) =>
    await converse({
      ...{ stage, system, progress, seconds: options.seconds, listeners: 1 },
      ...{ label: `${label}, ${rate}/s`, warmUpSeconds: WARM_UP_SECONDS },
      talk: { loop: { kind: 'open', perSecond: rate }, repeats: 0, speakers: users },
    })

  return await onStage({ engines, system, world, nodes: NODES }, async (stage) => {
    await arriveWithBar({ stage, users, progress, label })
    await converse({
      ...{ stage, system, progress, seconds: COMPILING_SECONDS, listeners: 1 },
      ...{ label: `${label}, warming up`, warmUpSeconds: 0 },
      talk: { loop: { kind: 'closed' }, repeats: 0, speakers: users },
    })
    const found = new Map<number, Conversed>()
    for (const rate of options.rates) {
      const conversed = await ask(stage, rate)
      found.set(rate, conversed)
      if (conversed.perSecond < KEPT_UP * rate) break
    }
    return found
  })
}
