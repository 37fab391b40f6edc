import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../engines/cluster.js'
import { becomes } from '../engines/until.js'
import type { History } from '../record/history.js'
import { kindOf } from './kinds.js'
import type { PlannedFault } from './schedule.js'

const HEALING_MS = 60_000

export interface InjectorOptions {
  readonly plan: readonly PlannedFault[]
  readonly cluster: Cluster
  readonly history: History
  /** Whether everybody is served as if nothing had been. */
  readonly isWell: () => boolean | Promise<boolean>
  readonly signal: AbortSignal
}

/** Does the faults of a plan in their time, and undoes each; resolves when the last one is healed, or is not. */
export async function injectFaults({
  plan,
  cluster,
  history,
  isWell,
  signal,
}: InjectorOptions): Promise<void> {
  async function inject({ id, name, node: index, atMs, forMs }: PlannedFault): Promise<void> {
    const { where, begin, undo } = kindOf(name)
    const node = cluster.nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    const target = where === 'node' ? `node ${index}` : where
    await pause(Math.max(0, atMs - history.now()))
    if (signal.aborted) return
    const begun = { kind: 'fault', id, name, target } as const
    history.add({ ...begun, phase: 'begun' })
    const told = await begin(cluster, node)
    await pause(forMs)
    await undo(cluster, node)
    history.add({ ...begun, phase: 'undone', ...(typeof told === 'string' && { note: told }) })
    if (await becomes(isWell, HEALING_MS)) history.add({ ...begun, phase: 'healed' })
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal }).catch(() => {})
  }

  await Promise.all(plan.map(inject))
}
