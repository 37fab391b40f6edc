import { z } from 'zod'
import { count } from '../../flags.js'
import type { Target } from '../../report/outcome.js'
import { arriveWithBar } from '../arrival.js'
import { type Conversed, converse } from '../conversation.js'
import { costPlot } from '../figures/costs.js'
import { median, ratio, shown } from '../figures/medians.js'
import { ratioTables, talkTables } from '../figures/talk-tables.js'
import { brokenIn } from '../figures/verdicts.js'
import { onStage } from '../stage.js'
import { crowd, numbers } from '../worlds.js'
import { inTurn, ownOf, type SystemRow } from './in-turn.js'
import { createQuestion } from './question.js'

const MOST_OF_BARE = 1.15
const WARM_UP_SECONDS = 2
const NODES = 2
/** Who says something; all others only listen. */
const SPEAKERS = 50

const flags = z.object({
  members: count(2, 1_000).default(1_000),
  /** Messages a second. */
  rate: count(1, 1_000).default(50),
  seconds: count(1, 600).default(10),
})

/** What it costs to bring a message to one more of very many members. */
export const bigChat = createQuestion({
  name: 'big-chat',
  title: 'A big chat: what one more delivery costs',
  flags,
  quick: { seconds: 3 },

  async run(asked, { members, rate, seconds }) {
    const { engines, progress } = asked
    const world = crowd(members)
    const users = numbers(members)
    const speakers = users.slice(0, SPEAKERS)
    const rows = await inTurn(asked, (system, label) =>
      onStage({ engines, system, world, nodes: NODES }, async (stage) => {
        await arriveWithBar({ stage, users, progress, label })
        return await converse({
          ...{ stage, system, progress, label, seconds, listeners: members - 1 },
          warmUpSeconds: WARM_UP_SECONDS,
          talk: { loop: { kind: 'open', perSecond: rate }, repeats: 0, speakers },
        })
      }),
    )
    return {
      setting: `One chat of ${members} members, half of them on each of ${NODES} nodes (all on one where a system has but one). ${Math.min(SPEAKERS, members)} of them say ${rate} messages a second together, at times fixed beforehand: ${shown(rate * (members - 1))} deliveries a second. ${seconds} s after ${WARM_UP_SECONDS} s of warming up. Costs are for each delivery.`,
      targets: targetsOf(rows),
      tables: [...talkTables(rows, 'delivery'), ...ratioTables(rows)],
      plots: [costPlot('delivery', rows)],
      figures: { rows: rows.map(({ name, runs }) => ({ name, runs })) },
      broken: brokenIn(ownOf(rows)),
    }
  },
})

/** Of the nodes alone: a bare one has no Postgres and no Redis beside it. */
function targetsOf(rows: readonly SystemRow<Conversed>[]): Target[] {
  const nodes = (wanted: string) =>
    median(
      rows
        .filter(({ system }) => system.id === wanted)
        .flatMap(({ runs }) => runs.map(({ costs }) => costs.nodes)),
    )
  const [own, bare] = [nodes('parley'), nodes('bare')]
  const part = ratio(own, bare)
  if (part === null) return []
  return [
    {
      text: `Processor time of the nodes for a delivery: at most ${MOST_OF_BARE} times that of bare uWebSockets.js`,
      measured: `${shown(own)} µs to ${shown(bare)} µs, ${shown(part)} times`,
      isMet: part <= MOST_OF_BARE,
    },
  ]
}
