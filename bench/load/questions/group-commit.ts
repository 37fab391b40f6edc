import { z } from 'zod'
import { count } from '../../flags.js'
import { runsTable } from '../figures/runs-table.js'
import { type Cost, costOf } from '../limits/cost.js'
import { BATCH, CHATS, commitInGroups, isWhole, makeTables } from '../limits/group-commit.js'
import { publishToTwo } from '../limits/publish.js'
import type { Asked } from './question.js'
import { createQuestion } from './question.js'

const WARM_UP_SECONDS = 1
const REDIS = 'Redis, to two subscribers'

const ways = [
  { name: 'one writer', writers: 1, onSameChats: false },
  { name: 'four on the same chats', writers: 4, onSameChats: true },
  { name: 'four on their own', writers: 4, onSameChats: false },
]

const flags = z.object({
  /** For each way to write. */
  seconds: count(1, 600).default(5),
})

/** What the parts can do without a service around them: no sockets, no clients. */
export const groupCommit = createQuestion({
  name: 'group-commit',
  title: 'The limits of the parts: group commit, and publishing',
  flags,
  quick: { seconds: 1 },

  async run({ engines, runs, progress }: Asked, { seconds }) {
    const { url } = engines.postgres
    const rows = [...ways.map(({ name }) => name), REDIS].map((name) => ({ name, runs: Array.of<Cost>() }))
    const note = (name: string, cost: Cost) => rows.find((row) => row.name === name)?.runs.push(cost)
    for (let run = 0; run < runs; run++) {
      for (const { name, writers, onSameChats } of ways) {
        progress.say(`${name}…`)
        await makeTables(url, writers)
        const measure = { surroundings: engines, progress, label: name, of: 'postgres' } as const
        let messages = 0
        const counted = async (isOver: () => boolean) => {
          const more = await commitInGroups(url, writers, onSameChats, isOver)
          messages += more
          return more
        }
        await costOf({ ...measure, seconds: WARM_UP_SECONDS }, counted)
        note(name, await costOf({ ...measure, seconds }, counted))
        if (!(await isWhole(url, messages))) throw new Error(`${name}: a message, or a seq, is missing`)
      }
      progress.say(`${REDIS}…`)
      note(
        REDIS,
        await costOf({ surroundings: engines, progress, label: REDIS, of: 'redis', seconds }, (isOver) =>
          publishToTwo(engines.redis.port, isOver),
        ),
      )
    }
    return {
      setting: `Messages written by one program, ${BATCH} in each statement, with a seq that counts in each of ${CHATS} chats; one, or four, connections. Then ${BATCH} messages published at a time, by themselves in pipelines, and heard by two subscribers in the same program. ${seconds} s each.`,
      targets: [],
      tables: [
        runsTable('Messages a second, and processor time for each in µs', '', rows, [
          { head: 'messages/s', of: ({ perSecond }) => perSecond },
          { head: 'client', of: ({ client }) => client },
          { head: 'Postgres', of: ({ postgres }) => postgres },
          { head: 'Redis', of: ({ redis }) => redis },
        ]),
      ],
      plots: [],
      figures: { rows },
      broken: [],
    }
  },
})
