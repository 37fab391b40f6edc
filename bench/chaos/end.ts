import { becomes } from '../engines/until.js'
import type { Cluster } from './engines/cluster.js'
import type { Judge } from './judge/judge.js'
import type { ChatTruth } from './judge/truth.js'
import type { History } from './record/history.js'
import { compare, createReader } from './truth/rest.js'
import { type Database, openDatabase } from './truth/sql.js'
import type { Workload } from './workload/workload.js'
import type { Chat, World } from './workload/world.js'

/** How long everything may take to come to rest, after the last fault was undone and nothing new is asked for. */
const SETTLING_MS = 40_000
const CATCHING_UP_MS = 20_000

export interface EndOptions {
  readonly world: World
  readonly workload: Workload
  readonly cluster: Cluster
  readonly judge: Judge
  readonly history: History
  /** Aborted when there is nothing more to wait for. */
  readonly patience: AbortController
}

/** After the last fault: waits until all is at rest, and lays the record beside what the service says and holds. */
export async function judgeEnd({
  world,
  workload,
  cluster,
  judge,
  history,
  patience,
}: EndOptions): Promise<void> {
  const { accuse } = judge
  if (!(await becomes(() => workload.underWay() === 0, SETTLING_MS)))
    accuse({
      kind: 'unsettled',
      at: history.now(),
      text: `${workload.underWay()} requests have no answer for good`,
    })
  patience.abort()
  const database = await openDatabase(cluster.postgres.url)
  try {
    await becomes(async () => behind(world, workload, await database.lastRevs()).length === 0, CATCHING_UP_MS)
    for (const { session, user, chat, text } of behind(world, workload, await database.lastRevs()))
      accuse({ kind: 'behind', at: history.now(), session, user, chat, text })
    const reader = createReader(world.nodes)
    for (const chat of world.chats) {
      const truth = await truthOf(chat, database, reader)
      compare(chat.id, await reader.history(chat.id, world.service), truth, accuse)
      judge.finish(truth)
    }
  } finally {
    await database.close()
  }
}

async function truthOf(
  chat: Chat,
  database: Database,
  reader: ReturnType<typeof createReader>,
): Promise<ChatTruth> {
  const marks = await Promise.all(
    [...chat.members].map((person) => reader.mark(chat.id, person.id, person.token)),
  )
  const founders = chat.founders.map(({ id }) => id)
  return { id: chat.id, founders, marks, ...(await database.chat(chat.id)) }
}

/** Every session that does not stand at the end of a chat that it is to stand in. */
function behind(world: World, workload: Workload, lastRevs: ReadonlyMap<string, number>) {
  return workload.sessions.flatMap((session) =>
    world.chats
      .filter((chat) => isIn(world, session.user, chat))
      .flatMap((chat) => {
        const stands = session.rev(chat.id)
        const last = lastRevs.get(chat.id)
        if (stands === last) return []
        const text = `stands at ${stands ?? 'nothing'} on node ${session.node()}, and the chat at ${last}`
        return [{ session: session.id, user: session.user, chat: chat.id, text }]
      }),
  )
}

function isIn(world: World, user: string, chat: Chat): boolean {
  const person = world.people.find(({ id }) => id === user)
  return person !== undefined && chat.members.has(person) && !person.unjoined.has(chat.id)
}
