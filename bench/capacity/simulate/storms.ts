import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { CostFile } from '../costs/costs.js'
import type { Estimate } from '../model/estimate.js'
import type { Plant, Product } from '../options.js'
import { CONNECTS_PER_ADDRESS } from '../service.js'
import { type Storm, type StormOptions, simulateStorm } from './storm.js'

/** The storms of a product: what is lost, who stands, and what each session costs. */
export interface NamedStorm {
  readonly name: string
  readonly options: StormOptions
  readonly storm: Storm
}

/** More nodes are as these: what counts is how many come to each, and how much of Postgres is each one's. */
const MOST_NODES = 2
const DOWN_MS = 5_000
/** A node that is wholly busy gets round to a storm nevertheless. */
const LEAST_SHARE = 0.2

export function stormsOf(file: CostFile, estimate: Estimate, product: Product, plant: Plant): NamedStorm[] {
  const { nodes, sessions, coreUsed, postgresCores } = estimate
  const chats = product['open-chats']
  const common = {
    costs: costsFor(file, chats),
    coreShare: Math.max(LEAST_SHARE, 1 - coreUsed),
    seed: plant.seed,
  }
  const perNode = Math.max(1, Math.round(sessions / nodes))
  const standing = Math.min(MOST_NODES, nodes)
  const all = {
    ...{ ...common, nodes: standing, sessions: perNode * standing },
    postgresCores: (Math.ceil(postgresCores) * standing) / nodes,
  }
  // Of the sessions of one node, those that come to the survivors which are looked at.
  const survivors = Math.min(MOST_NODES, nodes - 1)
  const one = {
    ...{ ...common, nodes: survivors, postgresCores: (Math.ceil(postgresCores) * survivors) / (nodes - 1) },
    sessions: Math.max(1, Math.round((perNode * survivors) / (nodes - 1))),
  }
  const storms: [string, StormOptions][] = [
    ...(nodes > 1
      ? ([
          ['one node is killed', { ...one, how: 'killed' }],
          ['one machine vanishes', { ...one, how: 'vanished' }],
          ['one node is drained', { ...one, how: 'drained' }],
        ] satisfies [string, StormOptions][])
      : []),
    [
      `all nodes are killed, and stand again after ${DOWN_MS / 1000} s`,
      { ...all, how: 'killed', downMs: DOWN_MS },
    ],
    [
      'the same, and all come from one address (TRUST_PROXY not set)',
      {
        ...{ ...all, how: 'killed', downMs: DOWN_MS, nodes: 1, sessions: perNode },
        postgresCores: Math.ceil(postgresCores) / nodes,
        admission: { perSecond: CONNECTS_PER_ADDRESS, addresses: 1 },
      },
    ],
  ]
  return storms.map(([name, options]) => ({ name, options, storm: simulateStorm(options) }))
}

/** What a reconnect costs: the connect by itself, then the resume of so many chats. */
export function costsFor({ costs }: CostFile, chats: number): StormOptions['costs'] {
  return {
    connectMs: (costs.sessionNode.value - costs.chatNode.value) / 1000,
    resumeMs: (chats * costs.chatNode.value) / 1000,
    postgresMs: (costs.sessionPostgres.value + (chats - 1) * costs.chatPostgres.value) / 1000,
  }
}

/** A storm that was run, and the same one simulated. */
export interface Compared {
  readonly name: string
  readonly measuredSeconds: number
  readonly simulatedSeconds: number
  readonly storm: Storm
}

const CRASH = 'docs/reports/crash/crash.json'
const DEPLOY = 'docs/reports/deploy/deploy.json'
/** Of bench/scenarios/crash.ts, and of deploy.ts. */
const CRASH_CHATS = 3
const DEPLOY_CHATS = 1
const MACHINE_CORES = 2

const crash = z.object({
  options: z.object({ sessions: z.number() }),
  figures: z.object({
    resumed: z.object({ most: z.number() }),
    costs: z.object({
      seconds: z.number(),
      costs: z.array(z.object({ of: z.string(), cpuSeconds: z.number() })),
    }),
  }),
})
const deploy = z.object({
  options: z.object({ sessions: z.number() }),
  figures: z.object({ usedSeconds: z.number() }),
})

/**
 * The scenarios that were run on two cores, which the node shared with Postgres and with all clients: once as if it had a
 * core to itself, and once with the share of one that it had in that run.
 */
export async function compareWithMeasured(file: CostFile, seed: number): Promise<Compared[]> {
  const [crashed, deployed] = [crash.parse(await readReport(CRASH)), deploy.parse(await readReport(DEPLOY))]
  const { seconds, costs } = crashed.figures.costs
  const ofNode = costs.find(({ of }) => of === 'node-b')?.cpuSeconds ?? Number.NaN
  const compare = (
    name: string,
    measuredSeconds: number,
    options: Omit<StormOptions, 'nodes' | 'postgresCores' | 'seed'>,
  ): Compared => {
    const storm = simulateStorm({ ...options, nodes: 1, postgresCores: MACHINE_CORES, seed })
    return { name, measuredSeconds, simulatedSeconds: storm.backSeconds.all, storm }
  }
  const killed = {
    ...{ sessions: crashed.options.sessions, how: 'within' as const },
    costs: costsFor(file, CRASH_CHATS),
  }
  const measured = crashed.figures.resumed.most / 1000
  return [
    compare(`crash, ${killed.sessions} sessions, a core for the node`, measured, { ...killed, coreShare: 1 }),
    compare('crash, the share of a core that the node had', measured, {
      ...{ ...killed, coreShare: ofNode / seconds },
    }),
    compare(`deploy, ${deployed.options.sessions} sessions drained`, deployed.figures.usedSeconds, {
      ...{ sessions: deployed.options.sessions, how: 'drained', coreShare: 1 },
      costs: costsFor(file, DEPLOY_CHATS),
    }),
  ]
}

async function readReport(path: string): Promise<unknown> {
  return JSON.parse(await readFile(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8'))
}
