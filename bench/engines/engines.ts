import { join } from 'node:path'
import { createChildren } from './children.js'
import { startNode } from './node.js'
import { createPostgres } from './postgres.js'
import { createRedis, type RedisServer } from './redis.js'

export interface EngineOptions {
  readonly postgres: { readonly binaries: string; readonly folder: string; readonly password: string }
  readonly redisServer: string
  /** For who wants a browser. */
  readonly chromium?: string | undefined
  /** The `main.js` that the nodes run. */
  readonly entry: string
  /** Where logs go. */
  readonly folder: string
}

export const SECRET = 'a secret for scenarios alone, long enough for HS256'

/** Limits that are made against single users and addresses: here all load comes from one of them. */
const unlimited = {
  NODE_ENV: 'production',
  LOG_LEVEL: 'info',
  PARLEY_RATE_MESSAGES: '0',
  PARLEY_RATE_JOINS: '0',
  PARLEY_RATE_TYPING: '0',
  PARLEY_RATE_CONNECTS: '0',
  PARLEY_RATE_CONNECTS_PER_ADDRESS: '0',
  PARLEY_SESSIONS_PER_USER: '0',
}

/** What a node is started with. */
export function nodeEnv({
  postgresUrl,
  redisPort,
}: {
  readonly postgresUrl: string
  readonly redisPort: number
}) {
  return {
    ...unlimited,
    JWT_SECRET: SECRET,
    DATABASE_URL: postgresUrl,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  }
}

export interface NodeStart {
  readonly name: string
  /** Its way to Postgres; absent: straight. */
  readonly postgresPort?: number
  readonly env?: Readonly<Record<string, string>>
}

/** A Postgres and a Redis of the run's own, and nodes on them, all reached directly. */
export async function startEngines({
  postgres: cluster,
  redisServer,
  chromium,
  entry,
  folder,
}: EngineOptions) {
  const children = createChildren()
  try {
    const postgres = await createPostgres({ children, ...cluster, log: join(folder, 'postgres.log') })
    const redisNamed = async (name: string) =>
      await createRedis({ ...{ children, command: redisServer, folder }, log: join(folder, `${name}.log`) })
    const redis = await redisNamed('redis')
    await Promise.all([postgres.start(), redis.start()])
    return {
      children,
      folder,
      chromium,
      postgres: { ...postgres, folder: cluster.folder },
      redis,
      /** One more Redis, for nodes that the others are to know nothing of. */
      async startRedis(name: string): Promise<RedisServer> {
        const another = await redisNamed(`redis-${name}`)
        await another.start()
        return another
      },
      /** Resolves when the node is ready. @throws when it is not within a minute */
      startNode: async (start: NodeStart) =>
        await startNode({
          ...{ children, entry, name: start.name, folder },
          env: {
            ...nodeEnv({
              postgresUrl: postgres.urlAt(start.postgresPort ?? postgres.port),
              redisPort: redis.port,
            }),
            ...start.env,
          },
        }),
      /** One that needs nobody, and has a page. @throws when it is not ready within a minute */
      startEmbedded: async (name: string) =>
        await startNode({ ...{ children, entry, name, folder }, env: unlimited }),
      end: () => children.end(),
    }
  } catch (error) {
    await children.end()
    throw error
  }
}

export type Engines = Awaited<ReturnType<typeof startEngines>>
