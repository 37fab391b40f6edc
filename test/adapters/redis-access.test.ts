import { readFile } from 'node:fs/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisBus } from '../../src/adapters/bus-redis.js'
import { createRedisClusterBus } from '../../src/adapters/bus-redis-cluster.js'
import { createRedisLeases } from '../../src/adapters/leases-redis.js'
import { createRedisClient, untilReady } from '../../src/adapters/redis-client.js'
import { createRedisCluster } from '../../src/adapters/redis-cluster.js'
import type { RedisCommands } from '../../src/adapters/redis-commands.js'
import { createRedisSessionRegistry } from '../../src/adapters/session-registry-redis.js'
import type { Bus } from '../../src/ports/bus.js'
import { busContract } from '../contracts/bus.js'
import { leasesContract } from '../contracts/leases.js'
import { MOST, sessionRegistryContract } from '../contracts/session-registry.js'
import { createCertificates, tlsArguments } from '../helpers/certificates.js'
import { createChat } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { joinChat, messagePush, say, sessionOf } from '../helpers/frames.js'
import { freePort } from '../helpers/processes.js'
import { accessTo, startRedis } from '../helpers/redis.js'
import { startRedisCluster } from '../helpers/redis-cluster.js'
import { SENTINEL_NAME, startSentinels } from '../helpers/redis-sentinels.js'
import { silent, uniqueId } from '../helpers/stores.js'

/** Through TLS with a CA of one's own, as a user that may do what docs/redis.md says and nothing else. */

const LONG_MS = 600_000
const PASSWORD = 'a:p@ss/word'
const [USER = '', SENTINEL_USER = ''] = await usersOfTheDocs()

async function usersOfTheDocs(): Promise<string[]> {
  const page = await readFile(new URL('../../docs/redis.md', import.meta.url), 'utf8')
  return [...page.matchAll(/^parley on >.*$/gm)].map(([line]) => line.replace('CHANGE-ME', PASSWORD))
}

/** The names that Parley has, whatever those of the contract are. */
function prefixed(bus: Bus): Bus {
  const PREFIX = 'parley:'
  return {
    get up() {
      return bus.up
    },
    publish: (channel, payload) => bus.publish(PREFIX + channel, payload),
    subscribe: async (channel) => await bus.subscribe(PREFIX + channel),
    unsubscribe: (channel) => bus.unsubscribe(PREFIX + channel),
    onMessage: (listener) =>
      bus.onMessage((channel, payload) => listener(channel.slice(PREFIX.length), payload)),
    onGap: (listener) => bus.onGap(listener),
    close: async () => await bus.close(),
  }
}

interface Way {
  connectBus(t: Test): Promise<Bus>
  connectCommands(t: Test): Promise<RedisCommands>
  flush(): Promise<unknown>
}

function allContracts(t: Test, { connectBus, connectCommands, flush }: Way): void {
  t.test('bus', async (t) => busContract(t, async (t) => prefixed(await connectBus(t))))
  t.test('leases', async (t) =>
    leasesContract(t, async (t) => {
      await flush()
      return createRedisLeases(await connectCommands(t), uniqueId('node'), LONG_MS)
    }),
  )
  t.test('registry', async (t) =>
    sessionRegistryContract(t, async (t) => {
      await flush()
      const registry = createRedisSessionRegistry(await connectCommands(t), { leaseMs: LONG_MS, most: MOST })
      await registry.renew()
      return registry
    }),
  )
}

function direct(access: ReturnType<typeof accessTo>, flush: Way['flush']): Way {
  const connect = async (t: Test): Promise<Redis> => {
    const client = createRedisClient(access, 'test', silent)
    t.teardown(() => client.disconnect())
    await untilReady(client, 10_000)
    return client
  }
  return {
    connectBus: async (t) => createRedisBus(await connect(t), await connect(t)),
    connectCommands: connect,
    flush,
  }
}

const LOGIN = `parley:${encodeURIComponent(PASSWORD)}`

t.test('one server', async (t) => {
  const certificates = await createCertificates(t)
  const port = await freePort()
  const server = await startRedis(t, tlsArguments(certificates, port))
  const admin = new Redis(server.url)
  t.teardown(() => admin.disconnect())
  await admin.call('ACL', 'SETUSER', ...USER.split(' '))
  const url = `rediss://${LOGIN}@127.0.0.1:${port}`
  const access = accessTo(url, { REDIS_CA: certificates.ca })
  allContracts(
    t,
    direct(access, () => admin.flushall()),
  )

  t.test('the user may do nothing else', async (t) => {
    const client = createRedisClient(access, 'test', silent)
    t.teardown(() => client.disconnect())
    await untilReady(client, 10_000)
    for (const refused of [
      () => client.get('{parley:leases}:nodes'),
      () => client.sadd('another', 'x'),
      () => client.publish('another', 'x'),
      () => client.flushall(),
      () => client.config('GET', '*'),
    ])
      await t.rejects(refused, { message: /NOPERM/ })
  })

  t.test('a CA that is not trusted, or a password that is wrong, lets nobody in', async (t) => {
    for (const [name, wrong] of [
      ['another CA', accessTo(url, { REDIS_CA: (await createCertificates(t)).ca })],
      ['no CA', accessTo(url)],
      ['a wrong password', accessTo(url.replace(LOGIN, 'parley:no'), { REDIS_CA: certificates.ca })],
    ] as const) {
      const client = createRedisClient(wrong, 'test', silent)
      t.teardown(() => client.disconnect())
      const error = await new Promise<Error>((resolve) => client.once('error', resolve))
      t.match(error.message, /certificate|WRONGPASS/i, name)
      t.not(client.status, 'ready')
    }
  })
})

t.test('a cluster', async (t) => {
  const certificates = await createCertificates(t)
  const cluster = await startRedisCluster(t, {
    more: async () => [...tlsArguments(certificates, await freePort()), '--tls-cluster', 'yes'],
  })
  const urls: string[] = []
  for (const server of cluster.servers) {
    await server.ask('ACL', 'SETUSER', ...USER.split(' '))
    const [, port] = [await server.ask('CONFIG', 'GET', 'tls-port')].flat()
    urls.push(`rediss://${LOGIN}@127.0.0.1:${port}`)
  }
  const access = accessTo(urls.join(), { REDIS_MODE: 'cluster', REDIS_CA: certificates.ca })
  const connect = async () => {
    const parts = createRedisCluster(access, silent)
    return { commands: parts.commands, bus: await createRedisClusterBus(parts, 10_000) }
  }
  allContracts(t, {
    connectBus: async () => (await connect()).bus,
    async connectCommands(t) {
      const { bus, commands } = await connect()
      t.teardown(async () => await bus.close())
      return commands
    },
    flush: cluster.flush,
  })
})

t.test('sentinels, with a user of their own', async (t) => {
  const certificates = await createCertificates(t)
  const redis = await startSentinels(t, certificates)
  const admins = redis.servers.map((server) => new Redis(server.url))
  t.teardown(() => {
    for (const admin of admins) admin.disconnect()
  })
  for (const admin of admins) await admin.call('ACL', 'SETUSER', ...USER.split(' '))
  for (const sentinel of redis.sentinels) {
    await sentinel.ask('ACL', 'SETUSER', ...SENTINEL_USER.split(' '))
  }
  const url = redis.sentinels.map(({ port }) => `rediss://${LOGIN}@127.0.0.1:${port}`).join()
  const env = {
    ...{ REDIS_MODE: 'sentinel', REDIS_SENTINEL_NAME: SENTINEL_NAME, REDIS_CA: certificates.ca },
    ...{ REDIS_SENTINEL_USER: 'parley', REDIS_SENTINEL_PASSWORD: PASSWORD },
  }
  allContracts(
    t,
    direct(accessTo(url, env), async () => await admins[0]?.flushall()),
  )
})

t.test('whole nodes on a cluster, as that user', async (t) => {
  const cluster = await startRedisCluster(t)
  for (const server of cluster.servers) await server.ask('ACL', 'SETUSER', ...USER.split(' '))
  const url = cluster.url.replaceAll('redis://', `redis://${LOGIN}@`)
  const nodes = await startCluster(t, 2, {
    REDIS_URL: url,
    REDIS_MODE: 'cluster',
    PARLEY_SESSIONS_PER_USER: '5',
  })
  const [here, there] = [nodeOf(nodes, 0), nodeOf(nodes, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])
  const [ann, bob] = [await sessionOf(t, here, 'ann'), await sessionOf(t, there, 'bob')]
  for (const client of [ann, bob]) await joinChat(client, chatId)
  await say(ann, chatId, 'hello')
  await messagePush(bob, 'hello')
  ann.send({ type: 'typing', chatId, active: true })
  await bob.next(({ type, userId }) => type === 'typing' && userId === 'ann')
  for (const node of nodes.nodes) t.notMatch(node.output(), /NOPERM|"level":[45]0.*redis/)
  for (const server of cluster.servers)
    t.same(await server.ask('ACL', 'LOG'), [], 'Redis has refused nothing')
})
