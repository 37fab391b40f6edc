import t, { type Test } from 'tap'
import { createRedisLeases } from '../../src/adapters/leases-redis.js'
import { slotOf } from '../../src/adapters/redis-slots.js'
import { type ClusterNode, createClusterNode, isUp } from '../contracts/redis-cluster-node.js'
import { until } from '../helpers/clients.js'
import { type RedisCluster, type RedisClusterServer, startRedisCluster } from '../helpers/redis-cluster.js'

/** What a cluster does to its clients when its servers come and go. */

const CHANNELS = Array.from({ length: 60 }, (_, n) => `parley:chat:${n}`)

async function twoNodes(t: Test, cluster: RedisCluster) {
  const nodes = [await createClusterNode(t, cluster.url), await createClusterNode(t, cluster.url)] as const
  for (const { bus } of nodes) await Promise.all(CHANNELS.map((channel) => bus.subscribe(channel)))
  return nodes
}

/** Everything that is said from now on reaches everybody, once. */
async function allIsWell(t: Test, nodes: readonly ClusterNode[], text: string): Promise<void> {
  await isUp(...nodes)
  for (const [index, { bus }] of nodes.entries())
    for (const channel of CHANNELS) bus.publish(channel, `${text} ${index}`)
  await Promise.all(
    nodes.flatMap(({ inbox }) =>
      CHANNELS.flatMap((channel) => nodes.map((_, index) => inbox.received(channel, `${text} ${index}`))),
    ),
  )
  for (const { inbox } of nodes)
    t.equal(
      inbox.deliveries.filter(({ payload }) => payload.startsWith(text)).length,
      CHANNELS.length * nodes.length,
      `${text}: each once`,
    )
}

/** Publishes to all channels without an end, and tells what was said last to each. */
function talk({ bus }: ClusterNode) {
  let round = 0
  const timer = setInterval(() => {
    round += 1
    for (const channel of CHANNELS) bus.publish(channel, `talk ${round}`)
  }, 5)
  return () => {
    clearInterval(timer)
    return round
  }
}

t.test('a master is killed under load: its replica takes over, and one is told of the gap', async (t) => {
  const cluster = await startRedisCluster(t, { withReplicas: true })
  const nodes = await twoNodes(t, cluster)
  const [ann, bob] = nodes
  const stop = talk(ann)
  const master = await cluster.masterOf(slotOf(CHANNELS[0] ?? ''))
  const gap = bob.nextGap()
  await master.stop('SIGKILL')
  await until(() => !ann.bus.up && !bob.bus.up, 'both know')
  const elsewhere = await channelElsewhere(cluster, master)
  ann.bus.publish(elsewhere, 'through a master that is well')
  await bob.inbox.received(elsewhere, 'through a master that is well')
  ann.bus.publish(CHANNELS[0] ?? '', 'for ann herself')
  await ann.inbox.received(CHANNELS[0] ?? '', 'for ann herself')
  await gap
  stop()
  await allIsWell(t, nodes, 'failed over')

  await master.start()
  await cluster.whole()
  await allIsWell(t, nodes, 'the old one is back as a replica')
})

t.test('a master that freezes is away, and its replica takes over', async (t) => {
  const cluster = await startRedisCluster(t, { withReplicas: true })
  const nodes = await twoNodes(t, cluster)
  const master = await cluster.masterOf(slotOf(CHANNELS[0] ?? ''))
  const gaps = Promise.all(nodes.map((node) => node.nextGap()))
  process.kill(master.pid, 'SIGSTOP')
  await until(() => nodes.every(({ bus }) => !bus.up), 'both know')
  await gaps
  await allIsWell(t, nodes, 'failed over')
  process.kill(master.pid, 'SIGCONT')
  await cluster.whole()
  await allIsWell(t, nodes, 'the old one is awake')
})

t.test('a master that hands over to its replica keeps no subscriber', async (t) => {
  const cluster = await startRedisCluster(t, { withReplicas: true })
  const nodes = await twoNodes(t, cluster)
  const slot = slotOf(CHANNELS[0] ?? '')
  const [master, masters] = [await cluster.masterOf(slot), cluster.servers.slice(0, 3)]
  const replica = cluster.servers[masters.indexOf(master) + 3]
  const gaps = Promise.all(nodes.map((node) => node.nextGap()))
  await replica?.ask('CLUSTER', 'FAILOVER')
  await gaps
  await allIsWell(t, nodes, 'handed over')
  t.equal(await cluster.masterOf(slot), replica)
})

t.test('slots move under load: after the last gap nothing is missing', async (t) => {
  const cluster = await startRedisCluster(t)
  const nodes = await twoNodes(t, cluster)
  const [ann, bob] = nodes
  const stop = talk(ann)
  for (const channel of CHANNELS.slice(0, 20)) await cluster.move(slotOf(channel))
  await until(() => bob.gaps() > 0 && ann.gaps() > 0, 'both are told')
  await isUp(ann, bob)
  const from = stop()
  for (const channel of CHANNELS) ann.bus.publish(channel, 'the end')
  await Promise.all(CHANNELS.map((channel) => bob.inbox.received(channel, 'the end')))
  t.ok(from > 20)
  for (const channel of CHANNELS.slice(20))
    t.equal(new Set(bob.inbox.on(channel)).size, bob.inbox.on(channel).length, `${channel}: nothing twice`)
  await allIsWell(t, nodes, 'moved')
})

t.test('the whole cluster goes and comes back', async (t) => {
  const cluster = await startRedisCluster(t)
  const nodes = await twoNodes(t, cluster)
  const gaps = Promise.all(nodes.map((node) => node.nextGap()))
  for (const server of cluster.servers) await server.stop('SIGKILL')
  await until(() => nodes.every(({ bus }) => !bus.up), 'both know')
  await nodes[0].bus.subscribe('parley:new')
  nodes[0].bus.publish('parley:new', 'local')
  await nodes[0].inbox.received('parley:new', 'local')
  nodes[1].bus.unsubscribe(CHANNELS[0] ?? '')
  await nodes[1].bus.subscribe(CHANNELS[0] ?? '')
  for (const server of cluster.servers) await server.start()
  await gaps
  await allIsWell(t, nodes, 'back')
  nodes[1].bus.publish('parley:new', 'from the other')
  await nodes[0].inbox.received('parley:new', 'from the other')
})

t.test('a node that starts without the cluster has its subscriptions when that comes', async (t) => {
  const cluster = await startRedisCluster(t)
  for (const server of cluster.servers) await server.stop('SIGKILL')
  const node = await createClusterNode(t, cluster.url, {}, 1)
  t.equal(node.bus.up, false)
  await node.bus.subscribe('parley:chat:1')
  const gap = node.nextGap()
  for (const server of cluster.servers) await server.start()
  await gap
  await isUp(node)
  node.bus.publish('parley:chat:1', 'hello')
  await node.inbox.received('parley:chat:1', 'hello')
})

t.test('one address of the cluster is enough, and it may be the one that goes', async (t) => {
  const cluster = await startRedisCluster(t, { withReplicas: true })
  const [first] = cluster.servers
  const node = await createClusterNode(t, first?.url ?? '')
  await node.bus.subscribe('parley:chat:1')
  const gap = node.nextGap()
  await first?.stop('SIGKILL')
  await gap
  node.bus.publish('parley:chat:1', 'hello')
  await node.inbox.received('parley:chat:1', 'hello')
})

t.test('leases whose slot moves fail for once, and are right again with the next renewal', async (t) => {
  const cluster = await startRedisCluster(t)
  const node = await createClusterNode(t, cluster.url)
  const leases = createRedisLeases(node.commands, 'node-1', 600_000)
  t.same(await leases.hold(['ann']), ['ann'])
  const gap = node.nextGap()
  await cluster.move(slotOf('{parley:leases}'))
  await leases.hold(['bob']).catch(() => {})
  await gap
  await leases.renew()
  t.strictSame(await leases.held(['ann', 'bob', 'cem']), new Set(['ann', 'bob']))
})

t.test('a name has the slot that Redis gives it', async (t) => {
  const [server] = (await startRedisCluster(t)).servers
  for (const name of [
    '',
    'a',
    '123456789',
    'parley:chat:żółw',
    '{tag}:x',
    'a{}b',
    '{}{tag}',
    'a{b',
    'a}{b}',
    '{{x}}',
  ])
    t.equal(slotOf(name), await server?.ask('CLUSTER', 'KEYSLOT', name), name)
})

async function channelElsewhere(cluster: RedisCluster, not: RedisClusterServer): Promise<string> {
  for (const channel of CHANNELS) {
    const one = await cluster.masterOf(slotOf(channel)).catch(() => undefined)
    if (one !== undefined && one !== not) return channel
  }
  throw new Error('all channels are at one master')
}
