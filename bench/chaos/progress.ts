import type { Figures } from './figures/figures.js'
import type { Judge } from './judge/judge.js'
import type { Entry } from './record/entries.js'
import type { History } from './record/history.js'

const EVERY_MS = 5_000

export interface ProgressOptions {
  readonly history: History
  readonly judge: Judge
  readonly figures: Figures
  readonly totalMs: number
  readonly print: (line: string) => void
}

/** A line every few seconds, for somebody who waits. */
export function startProgress({ history, judge, figures, totalMs, print }: ProgressOptions) {
  let faults = 0
  let last = 0

  history.onEntry((entry: Entry) => {
    if (entry.kind === 'fault' && entry.phase === 'begun') faults += 1
  })

  const timer = setInterval(() => {
    const left = Math.max(0, Math.round((totalMs - history.now()) / 1000))
    const { acked, connects, resumes } = figures.counts()
    const rate = Math.round((acked - last) / (EVERY_MS / 1000))
    last = acked
    print(
      `${left} s left, ${acked} acked (${rate}/s), ${connects} connects, ${resumes} resumes, ${faults} faults, ${judge.total()} violations`,
    )
  }, EVERY_MS)

  return { stop: () => clearInterval(timer) }
}
