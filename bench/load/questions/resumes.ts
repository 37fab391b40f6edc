import { z } from 'zod'
import { createStatementCounter } from '../../engines/statements.js'
import { count } from '../../flags.js'
import { type ArrivalRun, arriveWithBar, measureArrival } from '../arrival.js'
import { arrivalsPlot } from '../figures/arrivals-plot.js'
import { costColumns } from '../figures/costs.js'
import { median } from '../figures/medians.js'
import { runsTable, tookColumns } from '../figures/runs-table.js'
import { atMost } from '../figures/verdicts.js'
import { sessionsWithin } from '../sessions-limit.js'
import { onStage } from '../stage.js'
import { acquainted, numbers } from '../worlds.js'
import { inTurn, withoutPeers } from './in-turn.js'
import { createQuestion } from './question.js'

const MOST_SECONDS = 15
const STATEMENTS_SHOWN = 10
/** All at once would be what no clients do: each comes when its turn is. */
const AT_ONCE = 200

const flags = z.object({
  sessions: count(8, 100_000).default(10_000),
  chats: count(1, 50).default(5),
  /** In each chat beforehand, and the rev that everybody has come to. */
  messages: count(1, 200).default(20),
  from: count(0, 200).default(15),
})

export interface ResumesRun extends ArrivalRun {
  /** What Postgres was told to run meanwhile, the most frequent first. */
  readonly statements: readonly { readonly text: string; readonly count: number }[]
}

/** All clients of a node lose their connections, and come back with what they have. Peers know no such thing. */
export const resumes = createQuestion({
  name: 'resumes',
  title: 'A resume storm: all clients come back',
  flags,
  quick: { sessions: 1_000 },

  async run(asked, { sessions: wanted, chats, messages, from }) {
    const { engines, progress } = asked
    const { sessions, note = '' } = await sessionsWithin(wanted)
    const users = numbers(sessions - (sessions % 2))
    const world = acquainted(users.length, chats, messages)
    const rows = await inTurn(withoutPeers(asked), async (system, label): Promise<ResumesRun> => {
      const counter = await createStatementCounter(engines.postgres.port)
      const env = { DATABASE_URL: engines.postgres.urlAt(counter.port) }
      progress.say(`${world.chats.length * messages} messages are put into ${world.chats.length} chats…`)
      return await onStage({ engines, system, world, nodes: 1, env }, async (stage) => {
        await arriveWithBar({ stage, users, progress, label })
        await stage.generator.part()
        await counter.take()
        const arrival = { atOnce: AT_ONCE / 2, resumeFrom: from }
        const back = { stage, users, progress, label: `${label}, back`, arrival }
        const run = await measureArrival(system, back)
        return { ...run, statements: await counter.take() }
      }).finally(counter.end)
    })
    const runs = rows.flatMap((row) => row.runs)
    const statements = runs[0]?.statements ?? []
    const total = (run: ResumesRun) => run.statements.reduce((sum, { count }) => sum + count, 0)
    return {
      setting:
        `${users.length} sessions of one node, each in ${chats} of ${world.chats.length} chats with ${messages} messages. All connections are cut; all come back, ${AT_ONCE} at a time, each with one resume from rev ${from} of all its chats, which is answered with the ${messages - from} messages of each that it has missed. The statements are counted by a proxy in front of Postgres, which is in the generator’s process. ${note}`.trim(),
      targets: [
        atMost('All sessions have resumed', median(runs.map(({ seconds }) => seconds)), MOST_SECONDS, 's'),
      ],
      tables: [
        runsTable('Seconds until the last one stands, and milliseconds of each', '', rows, [
          { head: 'seconds', of: ({ seconds }) => seconds },
          { head: 'resumes/s', of: ({ seconds }) => users.length / seconds },
          ...tookColumns,
          { head: 'statements', of: total },
          { head: 'a session', of: (run) => total(run) / users.length },
          { head: 'busiest thread of the generator, %', of: ({ busy }) => busy * 100 },
        ]),
        runsTable('Processor time', '', rows, costColumns('session')),
        {
          title: 'Statements that Postgres saw in the first run',
          head: ['', 'count'],
          rows: statements.slice(0, STATEMENTS_SHOWN).map(({ text, count }) => [text, count]),
        },
      ],
      plots: [arrivalsPlot('resumed since the first connect', rows)],
      figures: { rows: rows.map(({ name, runs }) => ({ name, runs })) },
      broken: [],
    }
  },
})
