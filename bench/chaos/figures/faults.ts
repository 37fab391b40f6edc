import type { Entry, EntryOf } from '../record/entries.js'

/** One fault as it was, and what was felt of it until it was healed. Times are in milliseconds since the start. */
export interface FaultReport {
  readonly id: number
  readonly name: string
  readonly target: string
  readonly begunAt: number
  undoneAt: number | null
  /** Everybody was connected, in all chats, and all nodes were ready. */
  healedAt: number | null
  note: string | null
  connectionsLost: number
  /** Requests that were answered with an error, or not at all. */
  failures: number
  acked: number
}

/** The faults of a run; of two at a time each has all that was felt. */
export function createFaultReports() {
  const reports = new Map<number, FaultReport>()

  function note({ at, id, name, target, phase, note }: EntryOf<'fault'>): void {
    const report = reports.get(id)
    if (report === undefined)
      reports.set(id, {
        ...{ id, name, target, begunAt: at, undoneAt: null, healedAt: null, note: null },
        ...{ connectionsLost: 0, failures: 0, acked: 0 },
      })
    else if (phase === 'undone') Object.assign(report, { undoneAt: at, note: note ?? null })
    else report.healedAt = at
  }

  function feel(key: 'connectionsLost' | 'failures' | 'acked'): void {
    for (const report of reports.values()) if (report.healedAt === null) report[key] += 1
  }

  return {
    see(entry: Entry): void {
      if (entry.kind === 'fault') note(entry)
      else if (entry.kind === 'disconnected') feel('connectionsLost')
      else if (entry.kind === 'acked') feel('acked')
      else if (entry.kind === 'refused' || entry.kind === 'failed' || entry.kind === 'mend refused')
        feel('failures')
    },
    result: (): FaultReport[] => [...reports.values()],
  }
}

export type FaultReports = ReturnType<typeof createFaultReports>
