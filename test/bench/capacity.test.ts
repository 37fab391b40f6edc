import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { type CostFile, costAt, parseCosts, readCosts } from '../../bench/capacity/costs/costs.js'
import { costsOfReports } from '../../bench/capacity/costs/derive.js'
import { filled, readPage } from '../../bench/capacity/docs.js'
import { estimate } from '../../bench/capacity/model/estimate.js'
import { reach } from '../../bench/capacity/model/load.js'
import { type Plan, planOf } from '../../bench/capacity/model/plan.js'
import { spent } from '../../bench/capacity/model/spent.js'
import { parseOptions } from '../../bench/capacity/options.js'
import * as service from '../../bench/capacity/service.js'
import { costsFor } from '../../bench/capacity/simulate/storms.js'
import { environment } from '../../src/environment.js'
import * as limits from '../../src/protocol/limits.js'

const root = new URL('../../', import.meta.url)
const real = await readCosts()
const execute = promisify(execFile)

/** The real ones, with numbers that one can reckon with by hand. */
function costsWith(values: Readonly<Record<string, number>>): CostFile {
  const round = structuredClone(real)
  for (const cost of Object.values(round.costs)) if ('value' in cost) cost.value = 1
  for (const name of ['messagePostgres', 'messageRedis'] as const)
    round.costs[name].points = [
      [1, 100],
      [1_000, 10],
    ]
  for (const [name, cost] of [...Object.entries(round.costs), ...Object.entries(round.assumptions)])
    if ('value' in cost) cost.value = values[name] ?? cost.value
  return round
}

function plan(flags: string, file = real): Plan {
  const { product, plant } = parseOptions(flags.split(' '))
  return planOf(file, product, plant)
}

function figure({ figures }: Plan['nodes' | 'redis' | 'postgres'], what: string): number {
  return figures.find((one) => one.what === what)?.value ?? Number.NaN
}

t.test('a small product, reckoned by hand', async (t) => {
  const file = costsWith({
    ...{ messageNode: 500, sessionNode: 1_000, chatNode: 200, listNode: 300, pingNode: 20, lookNode: 4 },
    ...{ receiptNode: 0.001, sessionsMeasured: 1_000, nodeMemory: 100 * 2 ** 20, sessionMemory: 2_048 },
    ...{
      socketMemory: 1_024,
      socketBuffers: 1_024,
      sessionPostgres: 100,
      chatPostgres: 50,
      listPostgres: 150,
    },
    ...{ lookPostgres: 2, messageHeap: 300, messageIndexes: 200, messageContent: 1, messageWal: 1_000 },
  })
  const flags =
    '--users 864000 --daily-active 0.1 --sessions-per-active 2 --session-minutes 10 --open-chats 2 --messages-per-user-day 10 --peak-factor 5 --content-bytes 200 --retention-days 10 --headroom 0.5'
  const { load, nodes, postgres } = plan(flags, file)
  t.equal(load.active, 86_400)
  t.equal(load.messages, 50, '864,000 a day are 10 a second, 50 at the peak')
  t.equal(load.begins, 10)
  t.equal(load.sessions, 6_000, '10 a second for 600 s each')
  t.equal(load.deliveries, 2)
  t.equal(nodes.count, 6, 'of 1,000 sessions each')
  const { messages, pings, sweeps } = nodes.work
  t.equal(messages, 25_000)
  t.equal(nodes.work['sessions that begin'], 10 * (1_000 + 200 + 300))
  t.equal(pings, (6_000 / 20) * 20)
  t.equal(sweeps, (12_000 / 4) * 4)
  t.equal(
    Math.round(figure(nodes, 'memory of a node, the kernel’s included')),
    104,
    '100 MB and 1,000 × 4 KB',
  )
  t.equal(figure(postgres, 'cores in use for sessions that begin'), (10 * (100 + 50 + 150)) / 1e6)
  t.equal(figure(postgres, 'cores in use for sweeps of open chats'), (3_000 * 2) / 1e6)
  t.equal(figure(postgres, 'connections'), 60)
  t.equal(figure(postgres, 'their rows'), (864_000 * 10 * 400) / 1e9, 'a hundred bytes more of content')
  t.equal(figure(postgres, 'their indexes'), (864_000 * 10 * 200) / 1e9)
  t.equal(figure(postgres, 'WAL, pages already written since the checkpoint'), (50 * 1_100 * 8) / 1e6)
})

t.test('nodes by their cores, by memory, and by what all of them hear', async (t) => {
  const busy = costsWith({ messageNode: 1_000, sessionsMeasured: 1e6, receiptNode: 1e-6 })
  const talk = '--users 8640000 --daily-active 1 --sessions-per-active 0 --peak-factor 1 --headroom 0.5'
  t.equal(plan(`${talk} --messages-per-user-day 100`, busy).nodes.count, 20, '10,000 messages, 500 a node')
  const large = costsWith({
    sessionsMeasured: 1e6,
    nodeMemory: 1e6,
    sessionMemory: 1e6,
    socketMemory: 1,
    socketBuffers: 1,
  })
  const sit =
    '--users 86400 --daily-active 1 --sessions-per-active 1 --session-minutes 10 --peak-factor 1 --messages-per-user-day 0 --headroom 0'
  t.equal(plan(`${sit} --node-memory-mb 200`, large).nodes.count, 3, '600 sessions, 208 of a megabyte each')
  const loud = costsWith({ receiptNode: 100_000, sessionsMeasured: 1e6 })
  t.throws(() => plan('--users 100000000', loud), /presence alone/)
  t.throws(() => plan('--users 10', costsWith({ nodeMemory: 1e12 })), /^--node-memory-mb: /)
})

t.test(
  'a cost that falls with the rate: between its points, beyond them, and never less in all',
  async (t) => {
    const curve: { points: [number, number][] } = {
      points: [
        [100, 90],
        [200, 40],
        [1_000, 10],
      ],
    }
    t.equal(costAt(curve, 50), 90)
    t.equal(costAt(curve, 150), 65)
    t.equal(costAt(curve, 5_000), 10)
    t.equal(spent(curve, 100), 9_000)
    t.equal(spent(curve, 200), 9_000, 'not 8,000, which would be less than a hundred take')
    t.equal(spent(curve, 5_000), 50_000)
    t.equal(reach(4, 1), 1)
    t.equal(reach(4, 2), 1.75)
    t.equal(reach(1, 9), 1)
  },
)

t.test('more of a product never needs less', async (t) => {
  for (const [flag, values] of [
    ['users', [1, 10, 1e4, 1e5, 1e6, 5e6, 2e7, 1e8, 3e8]],
    ['messages-per-user-day', [0, 1, 5, 20, 100, 400, 2_000]],
    ['members', [2, 3, 10, 100, 1_000]],
    ['session-minutes', [0, 1, 10, 100, 600]],
    ['headroom', [0, 0.2, 0.5, 0.8]],
  ] as const) {
    const plans = values.map((value) => {
      const users = flag === 'users' ? value : 3_000_000
      const more = flag === 'users' ? [] : [`--${flag}`, String(value)]
      return plan(['--users', String(users), ...more].join(' '))
    })
    for (const [name, of] of Object.entries({
      nodes: ({ nodes }: Plan) => nodes.count,
      shards: ({ redis }: Plan) => redis.shards,
      cores: ({ postgres }: Plan) => postgres.cores,
      connections: ({ postgres }: Plan) => postgres.connections,
    }))
      t.ok(
        plans.every((one, index) => index === 0 || of(one) >= of(plans[index - 1] ?? one) * (1 - 1e-9)),
        `${name} by ${flag}: ${plans.map(of).join(' ')}`,
      )
  }
})

t.test('the limits are where they say: one user less is enough', async (t) => {
  const { product, plant } = parseOptions(['--users', '1000'])
  const { limits } = estimate(real, product, plant)
  const one = limits.find(({ what }) => what === 'One node')?.users ?? Number.NaN
  const nodesOf = (users: number) => planOf(real, { ...product, users }, plant).nodes.count
  t.equal(nodesOf(one), 2)
  t.equal(nodesOf(Math.floor(one * 0.999)), 1)
  const users = limits.map((limit) => limit.users ?? Number.POSITIVE_INFINITY)
  t.strictSame(
    users,
    users.toSorted((a, b) => a - b),
  )
})

t.test('a bad flag is told in one line', async (t) => {
  t.throws(() => parseOptions([]), { message: /^--users: [^\n]+$/ })
  for (const [flags, message] of [
    ['--users 0', /^--users: [^\n]+$/],
    ['--users ten', /^--users: [^\n]+$/],
    ['--users 10 --daily-active 2', /^--daily-active: [^\n]+$/],
    ['--users 10 --members 1', /^--members: [^\n]+$/],
    ['--users 10 --headroom 1', /^--headroom: [^\n]+$/],
    ['--users 10 --nodes 3', /^the flags are --users [^\n]+; --json --simulate, without$/],
    ['--users 10 20', /^the flags are [^\n]+$/],
  ] as const)
    t.throws(() => parseOptions(flags.split(' ')), { message }, flags)
})

t.test('every cost is what its report says, and every figure names costs that there are', async (t) => {
  t.strictSame(real.costs, await costsOfReports(), 'npm run capacity -- --measure derives them anew')
  for (const { from } of Object.values(real.costs)) {
    const report: unknown = JSON.parse(await readFile(new URL(from.report, root), 'utf8'))
    t.match(report, {
      run: { command: from.command, commit: from.commit, at: from.at, machine: from.machine },
    })
  }
  const { product, plant } = parseOptions(['--users', '1000000'])
  const { sections, limits: found } = estimate(real, product, plant)
  const named = new Set([...sections.flatMap(({ figures }) => figures), ...found].flatMap(({ from }) => from))
  const all = [...Object.keys(real.costs), ...Object.keys(real.assumptions)]
  t.strictSame([...named].sort(), all.sort(), 'none is left over')
})

t.test('a cost without provenance is refused', async (t) => {
  const text = JSON.stringify(real)
  t.strictSame(parseCosts(text), real)
  const without = structuredClone(real)
  Reflect.deleteProperty(without.costs.messageNode, 'from')
  t.throws(() => parseCosts(JSON.stringify(without)))
  t.throws(() => parseCosts(JSON.stringify({ ...real, costs: { ...real.costs, guess: { value: 1 } } })))
  const vague = structuredClone(real)
  vague.assumptions.networkBits.source = 'known'
  t.throws(() => parseCosts(JSON.stringify(vague)))
})

t.test('what it takes for the service’s settings is what they are', async (t) => {
  const settings = environment.parse({})
  t.equal(service.DATABASE_POOL, settings.PARLEY_DATABASE_POOL)
  t.equal(service.SWEEP_MS, settings.PARLEY_SWEEP_MS)
  t.equal(service.CONNECTS_PER_ADDRESS, settings.PARLEY_RATE_CONNECTS_PER_ADDRESS)
  t.equal(service.MESSAGES_OF_MEMBER, settings.PARLEY_RATE_MESSAGES)
  t.equal(service.DRAIN_SECONDS, settings.PARLEY_DRAIN_SECONDS)
  t.equal(service.BURST_SECONDS, limits.RATE_BURST_SECONDS)
  t.equal(service.ACTIVITY_MEMBERS, limits.ACTIVITY_MEMBERS)
  t.equal(service.PING_MS, limits.HEARTBEAT_MS * 0.8)
  const constant = async (file: string, name: string) => {
    const text = await readFile(new URL(file, root), 'utf8')
    return Number(new RegExp(`const ${name} = ([\\d_]+)$`, 'm').exec(text)?.[1]?.replaceAll('_', ''))
  }
  t.equal(service.BACKOFF.firstMs, await constant('client/src/delays.ts', 'FIRST_MS'))
  t.equal(service.BACKOFF.longestMs, await constant('client/src/delays.ts', 'LONGEST_MS'))
  t.equal(service.HELLO_MS, await constant('client/src/connection.ts', 'HANDSHAKE_MS'))
  t.equal(service.PONG_MS, await constant('client/src/connection.ts', 'SILENCE_MS'))
  t.equal(service.PRESENCE_GATHER_MS, await constant('src/chat/presence.ts', 'GATHER_MS'))
  const kept =
    (await constant('src/sessions/drain.ts', 'GRACE_MS')) +
    (await constant('src/sessions/drain.ts', 'RESERVE_MS'))
  t.equal(service.DRAIN_KEPT_SECONDS * 1000, kept)
})

t.test('docs/scaling.md has the answers of its commands', async (t) => {
  const page = await readPage()
  t.ok(page.match(/<!-- npm run capacity /g)?.length === page.match(/<!-- end -->/g)?.length)
  t.equal(await filled(page, real), page, 'npm run capacity -- --docs writes them anew')
  await t.rejects(
    filled('<!-- npm run capacity -- --users 10: guesses -->\n<!-- end -->', real),
    /^guesses is none of /,
  )
})

t.test('what the page says besides its tables', async (t) => {
  const page = await readPage()
  const { connectMs } = costsFor(real, 1)
  const collapse = Math.round((2 * service.HELLO_MS) / connectMs / 1000)
  t.match(page, `(${collapse},000 sessions of one core`)
  const kilobytes = (bytes: number) => Number((bytes / 1000).toPrecision(2))
  const { messageWal, messageWalCold } = real.costs
  t.match(page, `A message is ${kilobytes(messageWal.value)} KB of it`)
  t.match(page, `and ${kilobytes(messageWalCold.value)} KB when`)
})

t.test('the command', async (t) => {
  const out = t.testdir()
  const run = (...args: string[]) =>
    execute(process.execPath, ['--import', './scripts/typescript.mjs', 'bench/capacity/main.ts', ...args], {
      cwd: root,
    })
  const { stdout } = await run('--users', '2000', '--json', '--out', out)
  t.match(JSON.parse(stdout), { product: { users: 2_000 }, nodes: 1, storms: [{ away: 0 }, { away: 0 }] })
  t.strictSame(JSON.parse(await readFile(join(out, 'capacity.json'), 'utf8')), JSON.parse(stdout))
  const page = await readFile(join(out, 'capacity.html'), 'utf8')
  t.match(page, /<svg[\s\S]+<\/html>/)
  t.notMatch(`${page}${stdout}`, /NaN|undefined|Infinity|null/)
  await t.rejects(run('--user', '3'), { code: 2, stderr: /^the flags are --users [^\n]+\n$/ })
})
