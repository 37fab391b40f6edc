import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Child } from '../../engines/children.js'
import { SECRET } from '../../engines/engines.js'
import { freePort } from '../../engines/free-port.js'
import { until } from '../../engines/until.js'
import { withClient } from '../../engines/with-client.js'
import type { ServerNode, System } from './system.js'
import { chatName, membersOf, type World } from './world.js'

const HOST = '127.0.0.1'
const READY_MS = 30_000
/** Built by scripts/peers.mjs. */
const built = fileURLToPath(new URL('../../peers/dist/', import.meta.url))

export interface PeerOptions extends Omit<System, 'start'> {
  /** What its tables are called by, before `_members` and `_messages`; absent for one that keeps nothing. */
  readonly prefix?: string
  /** The columns and indexes of the table of messages, and what puts $2 of them into each of the chats $1. */
  readonly messages?: { readonly table: string; readonly fill: string }
}

/** One of the programs of bench/peers; its id is the name of its folder. */
export function createPeer({ prefix, messages, ...about }: PeerOptions): System {
  async function makeWorld(url: string, world: World): Promise<void> {
    if (prefix === undefined || messages === undefined) return
    await withClient(url, async (client) => {
      await client.query(`
        drop table if exists ${prefix}_members, ${prefix}_messages;
        create table ${prefix}_members (chat_id text, user_id text, primary key (chat_id, user_id));
        ${messages.table}`)
      await client.query(
        `insert into ${prefix}_members (chat_id, user_id) select * from unnest($1::text[], $2::text[])`,
        membersOf(world),
      )
      await client.query(messages.fill, [world.chats.map((_, chat) => chatName(chat)), world.messages])
      await client.query('vacuum analyze')
    })
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
