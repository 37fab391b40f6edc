import { z } from 'zod'
import { count } from '../../flags.js'
import { ratio } from '../figures/medians.js'
import { atMost } from '../figures/verdicts.js'
import { doorsOf, FIRST_PAGE, LAST_PAGE } from '../history/doors.js'
import { explainDoors } from '../history/explain.js'
import { checkRoom, loadHistory } from '../history/load.js'
import { COLLECTOR, planHistory } from '../history/plan.js'
import { scanned } from '../history/plans.js'
import {
  accessTable,
  type DoorRun,
  p99Plot,
  planTables,
  type SizeRun,
  sizesTable,
} from '../history/tables.js'
import { askOverHttp } from '../rest-clients.js'
import { tokenOf } from '../systems/world.js'
import { type Asked, createQuestion } from './question.js'

const CLIENTS = [1, 8, 32]
const MOST_CLIENTS = 32
const WARM_UP_SECONDS = 1
const LEAST_MESSAGES = 100_000
const SCANS_MATTER_FROM = 1_000_000
const MOST_OF_FIRST = 1.2

const flags = z.object({
  /** At the largest; the same is asked with a tenth and a hundredth, down to a hundred thousand. */
  messages: count(LEAST_MESSAGES, 100_000_000).default(10_000_000),
  seconds: count(1, 600).default(4),
})

/** What reading costs, when there is much to read. */
export const history = createQuestion({
  name: 'history',
  title: 'History at size: pages and lists, by messages in the tables',
  flags,
  together: { messages: LEAST_MESSAGES, seconds: 2 },
  quick: { messages: LEAST_MESSAGES, seconds: 1 },

  async run(asked, { messages, seconds }) {
    const sizes = [messages / 100, messages / 10, messages].filter((size) => size >= LEAST_MESSAGES)
    await checkRoom(asked.engines.postgres.folder, messages)
    const runs: SizeRun[] = []
    for (const size of sizes) runs.push(await askAt(asked, Math.floor(size), seconds))
    const largest = runs.at(-1)
    if (largest === undefined) throw new Error('there is no size')
    const { chats, deepMessages } = planHistory(largest.messages)
    const p50 = (door: string) => largest.doors.find((one) => one.door === door)?.answers.took.p50 ?? null
    const scans = largest.explained.flatMap(({ statements }) =>
      statements.flatMap(({ plan }) => scanned(plan)),
    )
    return {
      setting: `One node. ${messages.toLocaleString('en-GB')} messages in ${chats.toLocaleString('en-GB')} chats of two and a deep one of ${deepMessages.toLocaleString('en-GB')}; all grew side by side, so that the messages of a chat do not lie beside each other. The user is in 1,000 of them and the deep one. ${CLIENTS.join(', ')} clients, each with a connection that is kept, ask for the next thing when they have the last one, ${seconds} s each. The plans are those that Postgres has logged for the node's own statements.`,
      targets: [
        atMost(
          `Last page of a chat of ${deepMessages.toLocaleString('en-GB')} messages, against the first (p50, 1 client)`,
          ratio(p50(LAST_PAGE), p50(FIRST_PAGE)),
          MOST_OF_FIRST,
          'times',
        ),
        // A small table is read faster as it lies than by its index.
        ...(largest.messages < SCANS_MATTER_FROM
          ? []
          : [
              {
                text: 'Every row is found by an index',
                measured:
                  scans.length === 0 ? 'no table is scanned' : `scanned: ${[...new Set(scans)].join(', ')}`,
                isMet: scans.length === 0,
              },
            ]),
      ],
      tables: [
        ...CLIENTS.map((clients) => sizesTable(runs, clients)),
        accessTable(largest),
        ...planTables(largest),
      ],
      plots: [p99Plot(runs, MOST_CLIENTS)],
      figures: { runs },
      broken: runs.flatMap((run) =>
        run.doors
          .filter(({ answers }) => answers.refused > 0)
          .map(({ door, answers }) => `${door}: ${answers.refused} answers other than 200`),
      ),
    }
  },
})

async function askAt({ engines, progress }: Asked, messages: number, seconds: number): Promise<SizeRun> {
  const plan = planHistory(messages)
  const doors = doorsOf(plan)
  const token = tokenOf(COLLECTOR)
  // It makes the tables.
  const { http, signal, ended } = await engines.startNode({ name: 'reader' })
  await loadHistory(engines.postgres.url, plan, progress)
  const asked: DoorRun[] = []
  for (const clients of CLIENTS)
    for (const { name, path } of doors) {
      progress.say(
        `${messages.toLocaleString('en-GB')} messages, ${clients} ${clients === 1 ? 'client' : 'clients'}: ${name}`,
      )
      const request = (index: number) => ({ path: path(index), token })
      await askOverHttp({ http, clients, request, seconds: WARM_UP_SECONDS })
      asked.push({ door: name, clients, answers: await askOverHttp({ http, clients, request, seconds }) })
    }
  signal('SIGTERM')
  await ended
  return { messages, doors: asked, explained: await explainDoors(engines, token, doors) }
}
