import type { Entry, EntryOf } from '../record/entries.js'
import { judgeEvents } from './events.js'
import { judgeLeaks } from './leaks.js'
import { judgeMendings } from './mendings.js'
import { judgeNumbers } from './numbers.js'
import { judgeResumes } from './resumes.js'
import { judgeSends } from './sends.js'
import { judgeStreams } from './streams.js'
import type { ChatTruth } from './truth.js'
import { judgeUnread } from './unread.js'
import type { Accuse, Violation, ViolationKind } from './violation.js'

/** Violations that are told in full; all are counted. */
const TOLD_MOST = 200
/** A fault is near when it was undone no longer ago than this. */
const NEAR_MS = 15_000

/** All judges together: they read the record while it is written, and each chat's truth at the end. */
export function createJudge() {
  const violations: Violation[] = []
  const counts = new Map<ViolationKind, number>()
  const faults = new Map<number, { begun: EntryOf<'fault'>; undoneAt: number }>()

  const accuse: Accuse = (violation) => {
    counts.set(violation.kind, (counts.get(violation.kind) ?? 0) + 1)
    if (violations.length < TOLD_MOST) violations.push({ ...violation, faults: faultsNear(violation.at) })
  }

  const judges = [
    judgeStreams(accuse),
    judgeEvents(accuse),
    judgeResumes(accuse),
    judgeSends(accuse),
    judgeLeaks(accuse),
    judgeUnread(accuse),
    judgeMendings(accuse),
    judgeNumbers(accuse),
  ]

  function faultsNear(at: number): string[] {
    return [...faults.values()]
      .filter(({ begun, undoneAt }) => begun.at <= at && at <= undoneAt + NEAR_MS)
      .map(({ begun }) => `${begun.name} of ${begun.target} at ${(begun.at / 1000).toFixed(1)} s`)
  }

  function noteFault(entry: EntryOf<'fault'>): void {
    const known = faults.get(entry.id)
    if (entry.phase === 'begun') faults.set(entry.id, { begun: entry, undoneAt: Number.POSITIVE_INFINITY })
    else if (entry.phase === 'undone' && known !== undefined) known.undoneAt = entry.at
  }

  return {
    accuse,
    see(entry: Entry): void {
      if (entry.kind === 'fault') noteFault(entry)
      if (entry.kind === 'crashed')
        accuse({
          kind: 'crash',
          at: entry.at,
          text: `node ${entry.node} ended with exit code ${entry.exitCode}`,
        })
      for (const judge of judges) judge.see?.(entry)
    },
    /** Once for each chat. */
    finish(truth: ChatTruth): void {
      for (const judge of judges) judge.finish?.(truth)
    },
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    result: (): { counts: Readonly<Record<string, number>>; violations: readonly Violation[] } => ({
      counts: Object.fromEntries(counts),
      violations,
    }),
  }
}

export type Judge = ReturnType<typeof createJudge>
