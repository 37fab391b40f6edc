import { z } from 'zod'
import { count, numberList } from '../../flags.js'
import { arriveWithBar } from '../arrival.js'
import { converse } from '../conversation.js'
import { costPlot } from '../figures/costs.js'
import { talkTables } from '../figures/talk-tables.js'
import { brokenIn } from '../figures/verdicts.js'
import { onStage } from '../stage.js'
import { numbers, pairs } from '../worlds.js'
import { inTurn, ownOf, withoutPeers } from './in-turn.js'
import { createQuestion } from './question.js'

const WARM_UP_SECONDS = 2
const NODES = 2

const flags = z.object({
  chats: count(1, 8_000).default(500),
  /** Percent of the sends that are the sender's last one once more, separated by commas. */
  shares: numberList(0, 99).default([0, 1, 20]),
  seconds: count(1, 600).default(8),
})

/** What it costs that clients which are not sure send once more. The peers would say it twice: only Parley is asked. */
export const repeats = createQuestion({
  name: 'repeats',
  title: 'Repeats: what is sent once more',
  flags,
  quick: { seconds: 2 },

  async run(asked, { chats, shares, seconds }) {
    const { engines, progress } = asked
    const world = pairs(chats)
    const users = numbers(world.users)
    const rows = await inTurn(withoutPeers(asked), (system, label) =>
      onStage({ engines, system, world, nodes: NODES }, async (stage) => {
        await arriveWithBar({ stage, users, progress, label })
        const found = []
        for (const share of shares)
          found.push(
            await converse({
              ...{ stage, system, progress, seconds, listeners: 1, warmUpSeconds: WARM_UP_SECONDS },
              label: `${label}, ${share} % repeats`,
              talk: { loop: { kind: 'closed' }, repeats: share / 100, speakers: users },
            }),
          )
        return found
      }),
    )
    const byShare = rows.flatMap((row) =>
      shares.map((share, index) => ({
        ...{ ...row, name: `${share} % repeats` },
        runs: row.runs.flatMap((run) => run[index] ?? []),
      })),
    )
    return {
      setting: `The closed loop of ${chats} chats on ${NODES} nodes, in which a share of the sends is the sender's last message once more, by its clientId: it is acked with the same number, and delivered to nobody. ${seconds} s each after ${WARM_UP_SECONDS} s of warming up. Costs are for each message delivered.`,
      targets: [],
      tables: talkTables(byShare),
      plots: [costPlot('message', byShare)],
      figures: { rows: byShare.map(({ name, runs }) => ({ name, runs })) },
      broken: brokenIn(ownOf(byShare)),
    }
  },
})
