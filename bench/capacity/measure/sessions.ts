import { setTimeout as delay } from 'node:timers/promises'
import { cpuSeconds, pidOfPostgres } from '../../engines/cpu.js'
import type { Engines } from '../../engines/engines.js'
import type { Node } from '../../engines/node.js'
import { createStatementCounter } from '../../engines/statements.js'
import { until } from '../../engines/until.js'
import { withClient } from '../../engines/with-client.js'
import { chatName, tokenOf, userName } from '../../load/systems/world.js'
import { numbers } from '../../load/worlds.js'
import { connectMany, type Talker } from './talkers.js'

/** What a session costs that says nothing: its heartbeat, and the looks at its chats. */

const SESSIONS = 2_000
const AT_ONCE = 100
const ROUNDS = 12
const PINGS_OF_ROUND = 3
/** Looks into Postgres that are so frequent that they are all that the node does. */
const SWEEP_MS = 100
const SWEEP_ROUND_MS = 1_500
const QUIET_SWEEP_MS = 600_000
const PATIENCE_MS = 60_000
const POSITIONS = 'select "id", "last_rev"'

export async function measureSessions(engines: Engines, say: (line: string) => void) {
  const node = await engines.startNode({
    name: 'node-sessions',
    env: { PARLEY_SWEEP_MS: String(QUIET_SWEEP_MS) },
  })
  // The node has made the tables.
  await makeChats(engines)
  say(`${SESSIONS} sessions connect…`)
  const talkers = await connectMany(node, numbers(SESSIONS).map(tokenOf), AT_ONCE)

  say('pings…')
  const pings = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = await cpuOf(node.pid)
    for (let ping = 0; ping < PINGS_OF_ROUND; ping++) {
      for (const talker of talkers) talker.say('{"type":"ping","ref":"p"}')
      const all = round * PINGS_OF_ROUND + ping + 1
      await until(
        'all pings are answered',
        () => talkers.every(({ heard }) => heard('reply') >= all),
        PATIENCE_MS,
      )
    }
    pings.push({ node: (((await cpuOf(node.pid)) - before) * 1e6) / (SESSIONS * PINGS_OF_ROUND) })
  }
  await end(node, talkers)

  return { sessions: SESSIONS, pings, sweeps: await measureSweeps(engines, say) }
}

/** A node whose sessions stand in a chat each looks at all of these again and again. */
async function measureSweeps(engines: Engines, say: (line: string) => void) {
  const postgres = await pidOfPostgres(engines.postgres.folder)
  const counter = await createStatementCounter(engines.postgres.port)
  const node = await engines.startNode({
    ...{ name: 'node-sweeps', postgresPort: counter.port },
    env: { PARLEY_SWEEP_MS: String(SWEEP_MS) },
  })
  const talkers = await connectMany(node, numbers(SESSIONS / 2).map(tokenOf), AT_ONCE)
  for (const [index, talker] of talkers.entries())
    talker.say(`{"type":"join","ref":"j","chatId":"${chatName(index)}"}`)
  await until('all have joined', () => talkers.every(({ heard }) => heard('reply') > 0), PATIENCE_MS)
  say('looks at all chats…')
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    await counter.take()
    const before = { node: await cpuOf(node.pid), postgres: await cpuOf(postgres) }
    await delay(SWEEP_ROUND_MS)
    const after = { node: await cpuOf(node.pid), postgres: await cpuOf(postgres) }
    const looks = (await counter.take()).filter(({ text }) => text.startsWith(POSITIONS))
    const count = looks.reduce((sum, one) => sum + one.count, 0) * talkers.length
    rounds.push({
      ...{ count, node: ((after.node - before.node) * 1e6) / count },
      postgres: ((after.postgres - before.postgres) * 1e6) / count,
    })
  }
  await end(node, talkers)
  await counter.end()
  return { chats: talkers.length, rounds }
}

/** Of two each, who are neighbours; one chat for each session of the sweeps. */
async function makeChats({ postgres }: Engines): Promise<void> {
  await withClient(postgres.url, async (client) => {
    await client.query('truncate chats, chat_members, messages, users, chat_events')
    const chats = numbers(SESSIONS / 2)
    await client.query(
      `insert into chats (id, type, metadata, member_count, created_at)
       select id, 'general', '{}', 2, now() from unnest($1::text[]) as t(id)`,
      [chats.map(chatName)],
    )
    await client.query(
      `insert into chat_members (chat_id, user_id, role, last_read_seq, joined_at)
       select chat_id, user_id, 'member', 0, now() from unnest($1::text[], $2::text[]) as t(chat_id, user_id)`,
      [
        chats.flatMap((chat) => [chatName(chat), chatName(chat)]),
        chats.flatMap((chat) => [userName(chat), userName(chat + SESSIONS / 2)]),
      ],
    )
    await client.query('vacuum analyze')
  })
}

async function end(node: Node, talkers: readonly Talker[]): Promise<void> {
  for (const talker of talkers) talker.close()
  node.signal('SIGTERM')
  await node.ended
}

async function cpuOf(pid: number): Promise<number> {
  return (await cpuSeconds(pid)) ?? Number.NaN
}
