import { setTimeout as delay } from 'node:timers/promises'
import { becomes } from '../../engines/until.js'
import type { Cluster } from '../engines/cluster.js'
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
  const turns = new Map<string, Promise<void>>()
  const healings: Promise<void>[] = []

  async function inject(fault: PlannedFault): Promise<void> {
    const { where } = kindOf(fault.name)
    const target = where === 'node' ? `node ${fault.node}` : where
    await pause(Math.max(0, fault.atMs - history.now()))
    // On a busy machine an undoing takes longer than planned: nothing has two faults at once all the same.
    const turn = (turns.get(target) ?? Promise.resolve()).then(() => hold(fault, target))
    turns.set(target, turn)
    await turn
  }

  async function hold({ id, name, node: index, forMs }: PlannedFault, target: string): Promise<void> {
    const { begin, undo } = kindOf(name)
    const node = cluster.nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    if (signal.aborted) return
    const begun = { kind: 'fault', id, name, target } as const
    history.add({ ...begun, phase: 'begun' })
    const told = await begin(cluster, node)
    await pause(forMs)
    await undo(cluster, node)
    history.add({ ...begun, phase: 'undone', ...(typeof told === 'string' && { note: told }) })
    healings.push(heal(() => history.add({ ...begun, phase: 'healed' })))
  }

  async function heal(onHealed: () => void): Promise<void> {
    if (await becomes(isWell, HEALING_MS)) onHealed()
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal }).catch(() => {})
  }

  await Promise.all(plan.map(inject))
  await Promise.all(healings)
}
