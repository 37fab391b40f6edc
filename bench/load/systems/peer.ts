import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSigner } from 'fast-jwt'
import pg from 'pg'
import type { Child } from '../../engines/children.js'
import { SECRET } from '../../engines/engines.js'
import { freePort } from '../../engines/free-port.js'
import { until } from '../../engines/until.js'
import { chatName, type ServerNode, type System, userName, type World } from './system.js'

const HOST = '127.0.0.1'
const READY_MS = 30_000
const TOKEN_MS = 24 * 3_600_000
/** Built by scripts/peers.mjs. */
const built = fileURLToPath(new URL('../../peers/dist/', import.meta.url))

const sign = createSigner({ key: SECRET, algorithm: 'HS256', expiresIn: TOKEN_MS })

export interface PeerOptions extends Omit<System, 'start'> {
  /** Makes its tables anew, without a row; a peer that keeps nothing has none. */
  readonly tables?: string
  /** Puts chat $1 of each row, with user $2 in it, where membership is looked up. */
  readonly members?: string
  /** Puts $2 messages into each of the chats $1. */
  readonly messages?: string
}

/** One of the programs of bench/peers; its id is the name of its folder. */
export function createPeer({ tables, members, messages, ...about }: PeerOptions): System {
  async function makeWorld(url: string, world: World): Promise<void> {
    if (tables === undefined || members === undefined || messages === undefined) return
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(tables)
      const rows = world.chats.flatMap((users, chat) =>
        users.map((user) => ({ chat: chatName(chat), user: userName(user) })),
      )
      await client.query(members, [rows.map(({ chat }) => chat), rows.map(({ user }) => user)])
      await client.query(messages, [world.chats.map((_, chat) => chatName(chat)), world.messages])
      await client.query('vacuum analyze')
    } finally {
      await client.end()
    }
  }

  return {
    ...about,

    async start({ children, postgres, redis, folder }, world, nodes, env = {}) {
      await makeWorld(postgres.url, world)
      const started: (ServerNode & { readonly child: Child })[] = []
      for (let index = 0; index < nodes; index++) {
        const [name, port] = [`${about.id}-${index + 1}`, await freePort()]
        const child = await children.start({
          command: process.execPath,
          args: [join(built, about.id, 'main.js')],
          env: {
            NODE_ENV: 'production',
            PORT: String(port),
            DATABASE_URL: postgres.url,
            REDIS_URL: `redis://${HOST}:${redis.port}`,
            JWT_SECRET: SECRET,
            ...env,
          },
          log: join(folder, `${name}.log`),
          endSignal: 'SIGKILL',
        })
        await until(`${name} listens`, () => listens(child, port), READY_MS)
        started.push({ name, pid: child.pid, host: HOST, port, child })
      }
      return {
        nodes: started,
        token: (user) => sign({ sub: userName(user), fullName: `User ${user}` }),
        async end() {
          for (const { child } of started) child.signal('SIGTERM')
          await Promise.all(started.map(({ child }) => child.ended))
        },
      }
    },
  }
}

/** @throws when it has ended */
function listens(child: Child, port: number): Promise<boolean> {
  if (!child.isRunning()) throw new Error('it has ended: its log says why')
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
