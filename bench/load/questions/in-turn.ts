import type { Row } from '../figures/runs-table.js'
import type { System } from '../systems/system.js'
import type { Asked } from './question.js'

const OWN = 'parley'

export interface SystemRow<Run> extends Row<Run> {
  readonly system: System
}

/**
 * Puts it to every system once, and that as often as there are runs: what drifts on the machine in the meantime
 * drifts for all of them.
 */
export async function inTurn<Run>(
  { systems, runs, progress }: Asked,
  ask: (system: System, label: string) => Promise<Run>,
): Promise<SystemRow<Run>[]> {
  const rows = systems.map((system) => ({ system, name: system.name, runs: Array.of<Run>() }))
  for (let run = 1; run <= runs; run++)
    for (const { system, runs: done } of rows) {
      const label = runs === 1 ? system.name : `${system.name}, run ${run} of ${runs}`
      progress.say(`${label}…`)
      done.push(await ask(system, label))
    }
  return rows
}

/** Where a question is none for the peers. */
export function withoutPeers({ systems, ...asked }: Asked): Asked {
  return { ...asked, systems: systems.filter(({ id }) => id === OWN) }
}

/** The system itself, without the peers. */
export function ownOf<Run>(rows: readonly SystemRow<Run>[]): SystemRow<Run>[] {
  return rows.filter(({ system }) => system.id === OWN)
}
