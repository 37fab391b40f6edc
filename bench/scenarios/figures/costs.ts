import { monitorEventLoopDelay } from 'node:perf_hooks'
import { cpuSeconds, pidOfPostgres } from '../../engines/cpu.js'
import type { Engines } from '../../engines/engines.js'
import type { Node } from '../../engines/node.js'
import type { Table } from '../../report/outcome.js'

export interface Cost {
  readonly of: string
  /** Null where it cannot be told. */
  readonly cpuSeconds: number | null
}

/** Measures from now until it is asked what nodes, Postgres and we ourselves have cost. */
export async function measureCosts({ postgres }: Engines, nodes: readonly Node[]) {
  const postgresPid = await pidOfPostgres(postgres.folder)
  const meters: readonly { readonly of: string; read(): Promise<number | null> }[] = [
    ...nodes.map(({ name, pid }) => ({ of: name, read: () => cpuSeconds(pid) })),
    { of: 'Postgres', read: () => cpuSeconds(postgresPid) },
    { of: 'the generator', read: async () => ownCpuSeconds() },
  ]
  const loop = monitorEventLoopDelay({ resolution: 1 })
  const startedAt = performance.now()
  const before = await Promise.all(meters.map((meter) => meter.read()))
  loop.enable()

  return async (): Promise<{ costs: Cost[]; seconds: number; generatorLateMs: number }> => {
    loop.disable()
    const after = await Promise.all(meters.map((meter) => meter.read()))
    return {
      seconds: (performance.now() - startedAt) / 1000,
      generatorLateMs: loop.percentile(99) / 1e6,
      costs: meters.map(({ of }, index) => {
        const [from, to] = [before[index] ?? null, after[index] ?? null]
        return { of, cpuSeconds: from === null || to === null ? null : Math.round((to - from) * 100) / 100 }
      }),
    }
  }
}

/** Without the programs that we have started. */
function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

export type Costs = Awaited<ReturnType<Awaited<ReturnType<typeof measureCosts>>>>

export function costTable({ costs, seconds, generatorLateMs }: Costs): Table {
  return {
    head: [`in ${seconds.toFixed(1)} s`, 'CPU seconds', '% of one core'],
    rows: [
      ...costs.map(({ of, cpuSeconds }) => [
        of,
        cpuSeconds,
        cpuSeconds === null ? null : Math.round((cpuSeconds / seconds) * 100),
      ]),
      [`the generator is late by ${generatorLateMs.toFixed(1)} ms at p99`, null, null],
    ],
  }
}
