import { createSigner } from 'fast-jwt'
import pg from 'pg'
import { nodeEnv, SECRET } from '../../engines/engines.js'
import { type Node, startNode } from '../../engines/node.js'
import { chatName, type System, userName, type World } from './system.js'

const TOKEN_MS = 24 * 3_600_000

const sign = createSigner({ key: SECRET, algorithm: 'HS256', expiresIn: TOKEN_MS })

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
        token: (user) => sign({ sub: userName(user), fullName: `User ${user}` }),
        async end() {
          for (const { signal } of started) signal('SIGTERM')
          await Promise.all(started.map(({ ended }) => ended))
        },
      }
    },
  }
}

/** Straight into the tables (db/schema.sql): many thousands of chats by REST would take longer than the question. */
async function makeWorld(url: string, { chats, messages }: World): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('truncate chats, chat_members, messages, order_chats, chat_events')
    const members = chats.flatMap((users, chat) =>
      users.map((user) => ({ chat: chatName(chat), user: userName(user) })),
    )
    await client.query(
      `insert into chats (id, type, metadata, member_count, last_seq, last_rev, created_at)
       select id, 'general', '{}', n, $3, $3, now() from unnest($1::text[], $2::integer[]) as t(id, n)`,
      [chats.map((_, chat) => chatName(chat)), chats.map(({ length }) => length), messages],
    )
    await client.query(
      `insert into chat_members (chat_id, user_id, role, last_read_seq, joined_at)
       select chat_id, user_id, 'member', 0, now() from unnest($1::text[], $2::text[]) as t(chat_id, user_id)`,
      [members.map(({ chat }) => chat), members.map(({ user }) => user)],
    )
    await client.query(
      `insert into messages (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, created_at)
       select id, n, n, n, gen_random_uuid(), 'user-0', 'user', repeat('a word or two ', 7), now()
       from chats, generate_series(1, $1::integer) as n`,
      [messages],
    )
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
