import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { judgeEnd } from './end.js'
import { type Cluster, startCluster } from './engines/cluster.js'
import { injectFaults } from './faults/injector.js'
import { faultsOf } from './faults/kinds.js'
import { type PlannedFault, planFaults } from './faults/schedule.js'
import { createFaultReports } from './figures/faults.js'
import { createFigures } from './figures/figures.js'
import { createJudge } from './judge/judge.js'
import type { Options } from './options.js'
import { startProgress } from './progress.js'
import { createRandom } from './random.js'
import { createHistory } from './record/history.js'
import { createWorkload } from './workload/workload.js'
import { createWorld } from './workload/world.js'

export interface RunOptions {
  readonly options: Options
  readonly postgres: { readonly binaries: string; readonly folder: string; readonly password: string }
  readonly redisServer: string
  /** For who wants one in the path. */
  readonly pgbouncer?: string | undefined
  readonly print: (line: string) => void
  /** Ends the run early: it is judged all the same. */
  readonly signal: AbortSignal
}

const SECRET = 'a secret for chaos alone, long enough for HS256'
/** Everybody is in and talks before the first fault. */
const CALM_MS = 3_000
const ARRIVAL_MS = 60_000

/** One run, from starting everything to the verdict. All that it has started has ended when it resolves. */
export async function runChaos(run: RunOptions) {
  const { options, postgres, redisServer, print, signal } = run
  const { nodes: size, users, chats, rate, seed, minutes, faults, logs, entry } = options
  const kinds = options.kinds.length > 0 ? options.kinds : faultsOf(options)
  const history = createHistory(join(logs, 'history.jsonl'))
  const judge = createJudge()
  const figures = createFigures()
  const faultReports = createFaultReports()
  for (const reader of [judge, figures, faultReports]) history.onEntry((one) => reader.see(one))
  const random = createRandom(seed)
  const patience = new AbortController()
  // Each thing that waits for an answer listens.
  setMaxListeners(0, patience.signal, signal)
  let cluster: Cluster | undefined

  try {
    cluster = await startCluster({
      ...{ size, postgres, redisServer, redisMode: options.redis, entry, secret: SECRET, folder: logs },
      workers: options.workers,
      pgbouncer: options.pgbouncer ? neededOf(run.pgbouncer) : undefined,
      onCrash: (node, exitCode) => history.add({ kind: 'crashed', node, exitCode }),
    })
    const nodes = cluster.nodes.map(({ links }) => ({
      raw: `ws://127.0.0.1:${links.raw.port}/ws`,
      http: `http://127.0.0.1:${links.http.port}`,
    }))
    const world = await createWorld({
      users,
      chats,
      nodes,
      secret: SECRET,
      history,
      random: random.fork('world'),
    })
    const workload = createWorkload({
      ...{ world, history, rate, random: random.fork('workload'), patience: patience.signal },
    })
    await workload.arrive(ARRIVAL_MS)
    const fromMs = history.now() + CALM_MS
    const toMs = fromMs + minutes * 60_000
    const plan = planFaults({ seed, nodes: size, faults, kinds, fromMs: 0, toMs: toMs - fromMs })
    print(`${users} users are in ${chats} chats on ${size} nodes; seed ${seed}, ${plan.length} faults`)
    const progress = startProgress({ history, judge, figures, totalMs: toMs, print })
    const { areReady } = cluster
    await Promise.all([
      workload.run(toMs, signal),
      injectFaults({
        ...{ cluster, history, signal },
        plan: plan.map((fault): PlannedFault => ({ ...fault, atMs: fault.atMs + fromMs })),
        isWell: async () => workload.down() === 0 && (await areReady()),
      }),
    ])
    progress.stop()
    print('healed; waiting until everybody has everything…')
    await judgeEnd({ world, workload, cluster, judge, history, patience })
    await Promise.all(workload.sessions.map((session) => session.stop()))
    return {
      ...judge.result(),
      figures: figures.result(),
      faults: faultReports.result(),
      durationMs: history.now(),
    }
  } finally {
    patience.abort()
    await cluster?.end()
    await history.close()
  }
}

function neededOf(pgbouncer: string | undefined): string {
  if (pgbouncer === undefined) throw new Error('--pgbouncer needs one: Debian has a package pgbouncer')
  return pgbouncer
}

export type RunResult = Awaited<ReturnType<typeof runChaos>>
