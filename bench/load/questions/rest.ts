import { z } from 'zod'
import { count } from '../../flags.js'
import type { LinePlot } from '../../report/line-plot.js'
import { type Costs, costColumns, costPlot, costsOf } from '../figures/costs.js'
import { median } from '../figures/medians.js'
import { type Row, runsTable, tookColumns } from '../figures/runs-table.js'
import { type Asked as Answers, askOverHttp } from '../rest-clients.js'
import { onStage } from '../stage.js'
import { chatName, tokenOf } from '../systems/world.js'
import { acquainted, numbers } from '../worlds.js'
import { inTurn, withoutPeers } from './in-turn.js'
import { createQuestion } from './question.js'

const CLIENTS = [1, 8, 32]
const USERS = 400
const CHATS_EACH = 20
const MESSAGES = 60
const WARM_UP_SECONDS = 1

const flags = z.object({ seconds: count(1, 600).default(4) })

const doors = [
  { name: 'page of history', path: (chat: string) => `/chats/${chat}/messages?page=1&limit=50` },
  { name: 'list of chats', path: () => '/chats?page=1&limit=20' },
  { name: 'one chat', path: (chat: string) => `/chats/${chat}` },
] as const

interface RestRun extends Answers {
  readonly costs: Costs
}

/** What a client that opens the app asks for over HTTP. */
export const rest = createQuestion({
  name: 'rest',
  title: 'REST: what is read over HTTP',
  flags,
  quick: { seconds: 1 },

  async run(asked, { seconds }) {
    const { engines, progress } = asked
    const world = acquainted(USERS, CHATS_EACH, MESSAGES)
    const [found] = await inTurn(withoutPeers(asked), (system, label) =>
      onStage({ engines, system, world, nodes: 1 }, async (stage) => {
        const { running } = stage
        const http = running.nodes[0]?.http
        if (http === undefined) throw new Error(`${system.name} has no REST`)
        const tokens = numbers(USERS).map(tokenOf)
        const rows: Row<RestRun>[] = []
        for (const { name, path } of doors)
          for (const clients of CLIENTS) {
            const request = (index: number) => {
              const chat = (index * 7) % world.chats.length
              const [user = 0] = world.chats[chat] ?? []
              return { path: path(chatName(chat)), token: tokens[user] ?? '' }
            }
            await askOverHttp({ http, clients, request, seconds: WARM_UP_SECONDS })
            progress.say(`${label}: ${name}, ${clients} ${clients === 1 ? 'client' : 'clients'}`)
            const { usage, result } = await stage.measure(() =>
              askOverHttp({ http, clients, request, seconds }),
            )
            const costs = costsOf(usage, result.took.count, system.uses)
            rows.push({ name: `${name}, ${clients}`, runs: [{ ...result, costs }] })
          }
        return rows
      }),
    )
    const rows = (found?.runs[0] ?? []).map(({ name }, at) => ({
      name,
      runs: (found?.runs ?? []).flatMap((run) => run[at]?.runs ?? []),
    }))
    return {
      setting: `One node, ${USERS} users in ${CHATS_EACH} chats each with ${MESSAGES} messages. ${CLIENTS.join(', ')} clients, each with a connection that is kept, ask for the next thing when they have the last one. ${seconds} s each after ${WARM_UP_SECONDS} s of warming up.`,
      targets: [],
      tables: [
        runsTable('Requests a second, and milliseconds; by what is asked for, and clients', '', rows, [
          { head: 'requests/s', of: ({ took, seconds }) => took.count / seconds },
          ...tookColumns,
          { head: 'KB each', of: ({ bytes, took }) => bytes / took.count / 1024 },
          { head: 'refused', of: ({ refused }) => refused },
        ]),
        runsTable('Processor time', '', rows, costColumns('request')),
      ],
      plots: [latencyPlot(rows), costPlot('request', rows)],
      figures: { rows },
      broken: rows.flatMap(({ name, runs }) =>
        runs
          .filter(({ refused }) => refused > 0)
          .map(({ refused }) => `${name}: ${refused} answers other than 200`),
      ),
    }
  },
})

function latencyPlot(rows: readonly Row<RestRun>[]): LinePlot {
  return {
    kind: 'lines',
    title: 'p99 by clients',
    x: { unit: 'clients', scale: 'logarithmic' },
    y: { unit: 'ms', scale: 'logarithmic' },
    lines: doors.map(({ name }) => ({
      name,
      points: CLIENTS.flatMap((clients): [number, number][] => {
        const row = rows.find((one) => one.name === `${name}, ${clients}`)
        const value = median(row?.runs.map(({ took }) => took.p99) ?? [])
        return value === null ? [] : [[clients, value]]
      }),
    })),
  }
}
