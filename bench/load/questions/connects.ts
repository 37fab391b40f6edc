import { z } from 'zod'
import { count } from '../../flags.js'
import { measureArrival } from '../arrival.js'
import { arrivalsPlot } from '../figures/arrivals-plot.js'
import { costColumns, costPlot } from '../figures/costs.js'
import { median } from '../figures/medians.js'
import { runsTable, tookColumns } from '../figures/runs-table.js'
import { atLeast } from '../figures/verdicts.js'
import { sessionsWithin } from '../sessions-limit.js'
import { onStage } from '../stage.js'
import { numbers, pairs } from '../worlds.js'
import { inTurn, ownOf } from './in-turn.js'
import { createQuestion } from './question.js'

const LEAST_PER_SECOND = 2_000

const flags = z.object({
  sessions: count(2, 100_000).default(5_000),
  /** Connections that are on their way at the same time. */
  atOnce: count(2, 5_000).default(200),
})

/** How many clients a node lets in, when all come at the same time. */
export const connects = createQuestion({
  name: 'connects',
  title: 'A connect storm: clients that come at the same time',
  flags,
  quick: { sessions: 1_000 },

  async run(asked, { sessions: wanted, atOnce }) {
    const { engines, progress } = asked
    const { sessions, note = '' } = await sessionsWithin(wanted)
    const world = pairs(Math.ceil(sessions / 2))
    const users = numbers(sessions)
    const rows = await inTurn(asked, (system, label) =>
      onStage({ engines, system, world, nodes: 1 }, async (stage) => {
        const arrival = { atOnce: Math.ceil(atOnce / 2) }
        const run = await measureArrival(system, { stage, users, progress, label, arrival })
        return { ...run, perSecond: sessions / run.seconds }
      }),
    )
    return {
      setting:
        `${sessions} users connect to one node with their tokens, ${atOnce} at a time, and join a chat of two each, over HTTP/1.1 upgrades of connections of their own. ${note}`.trim(),
      targets: [
        atLeast(
          'Authenticated connects and joins on one node',
          median(ownOf(rows).flatMap(({ runs }) => runs.map(({ perSecond }) => perSecond))),
          LEAST_PER_SECOND,
          'a second',
        ),
      ],
      tables: [
        runsTable('Connects and joins a second, and milliseconds from the first packet to joined', '', rows, [
          { head: 'a second', of: ({ perSecond }) => perSecond },
          ...tookColumns,
          { head: 'busiest thread of the generator, %', of: ({ busy }) => busy * 100 },
        ]),
        runsTable('Processor time', '', rows, costColumns('session')),
      ],
      plots: [arrivalsPlot('joined since the first connect', rows), costPlot('session', rows)],
      figures: { rows: rows.map(({ name, runs }) => ({ name, runs })) },
      broken: [],
    }
  },
})
