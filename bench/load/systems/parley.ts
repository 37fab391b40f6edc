import { nodeEnv } from '../../engines/engines.js'
import { type Node, startNode } from '../../engines/node.js'
import { withClient } from '../../engines/with-client.js'
import type { System } from './system.js'
import { chatName, membersOf, type World } from './world.js'

/** The service itself; `entry`: the `main.js` that the nodes run. */
export function createParley(entry: string): System {
  return {
    id: 'parley',
    name: 'Parley',
    dialect: 'parley',
    mostNodes: Number.POSITIVE_INFINITY,
    uses: { postgres: true, redis: true },

    async start({ children, postgres, redis, folder }, world, nodes, env = {}) {
      const started: Node[] = []
      for (let index = 0; index < nodes; index++) {
        const node = await startNode({
          ...{ children, entry, folder, name: `node-${index + 1}` },
          env: { ...nodeEnv({ postgresUrl: postgres.url, redisPort: redis.port }), ...env },
        })
        // The first one has made the tables.
        if (index === 0) await makeWorld(postgres.url, world)
        started.push(node)
      }
      return {
        nodes: started.map(({ name, pid, raw, http }) => ({
          name,
          pid,
          http,
          host: '127.0.0.1',
          port: Number(new URL(raw).port),
        })),
        async end() {
          for (const { signal } of started) signal('SIGTERM')
          await Promise.all(started.map(({ ended }) => ended))
        },
      }
    },
  }
}

/** Straight into the tables (db/schema.sql): many thousands of chats by REST would take longer than the question. */
async function makeWorld(url: string, world: World): Promise<void> {
  const { chats, messages } = world
  await withClient(url, async (client) => {
    await client.query('truncate chats, chat_members, messages, order_chats, chat_events')
    await client.query(
      `insert into chats (id, type, metadata, member_count, last_seq, last_rev, created_at)
       select id, 'general', '{}', n, $3, $3, now() from unnest($1::text[], $2::integer[]) as t(id, n)`,
      [chats.map((_, chat) => chatName(chat)), chats.map(({ length }) => length), messages],
    )
    await client.query(
      `insert into chat_members (chat_id, user_id, role, last_read_seq, joined_at)
       select chat_id, user_id, 'member', 0, now() from unnest($1::text[], $2::text[]) as t(chat_id, user_id)`,
      membersOf(world),
    )
    await client.query(
      `insert into messages (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, created_at)
       select id, n, n, n, gen_random_uuid(), 'user-0', 'user', repeat('a word or two ', 7), now()
       from chats, generate_series(1, $1::integer) as n`,
      [messages],
    )
    await client.query('vacuum analyze')
  })
}
