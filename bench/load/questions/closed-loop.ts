import { z } from 'zod'
import { count } from '../../flags.js'
import { arriveWithBar } from '../arrival.js'
import { converse } from '../conversation.js'
import { costPlot } from '../figures/costs.js'
import { median } from '../figures/medians.js'
import { ratioTables, talkTables } from '../figures/talk-tables.js'
import { atLeast, atMost, brokenIn } from '../figures/verdicts.js'
import { onStage } from '../stage.js'
import { numbers, pairs } from '../worlds.js'
import { inTurn, ownOf } from './in-turn.js'
import { createQuestion } from './question.js'

const LEAST_PER_SECOND = 15_000
const MOST_MICROS = 75
const WARM_UP_SECONDS = 3
const NODES = 2

const flags = z.object({
  /** Of two members each. */
  chats: count(1, 8_000).default(500),
  seconds: count(1, 600).default(10),
})

/** How much goes through when everybody says the next thing as soon as the last one is acked. */
export const closedLoop = createQuestion({
  name: 'closed-loop',
  title: 'Closed loop: as much as goes through',
  flags,
  quick: { seconds: 3 },

  async run(asked, { chats, seconds }) {
    const { engines, progress } = asked
    const world = pairs(chats)
    const users = numbers(world.users)
    const rows = await inTurn(asked, (system, label) =>
      onStage({ engines, system, world, nodes: NODES }, async (stage) => {
        await arriveWithBar({ stage, users, progress, label })
        return await converse({
          ...{ stage, system, progress, label, seconds, listeners: 1, warmUpSeconds: WARM_UP_SECONDS },
          talk: { loop: { kind: 'closed' }, repeats: 0, speakers: users },
        })
      }),
    )
    const own = ownOf(rows)
    const runs = own.flatMap((row) => row.runs)
    return {
      setting: `${chats} chats of two, whose members are on different ones of ${NODES} nodes (on one where a system has but one). Each of the ${world.users} says the next message when the last one is acked. ${seconds} s after ${WARM_UP_SECONDS} s of warming up.`,
      targets: [
        atLeast(
          'Messages persisted and delivered across two nodes',
          median(runs.map(({ perSecond }) => perSecond)),
          LEAST_PER_SECOND,
          'a second',
        ),
        atMost(
          'Processor time of nodes, Postgres and Redis for each',
          median(runs.map(({ costs }) => costs.servers)),
          MOST_MICROS,
          'µs',
        ),
      ],
      tables: [...talkTables(rows), ...ratioTables(rows)],
      plots: [costPlot('message', rows)],
      figures: { rows: rows.map(({ name, runs }) => ({ name, runs })) },
      broken: brokenIn(own),
    }
  },
})
