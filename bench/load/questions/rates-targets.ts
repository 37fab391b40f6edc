import type { Target } from '../../report/outcome.js'
import type { Conversed } from '../conversation.js'
import { median, ratio, shown } from '../figures/medians.js'
import { atMost } from '../figures/verdicts.js'
import type { SystemRow } from './in-turn.js'

/** A system at a rate. */
export interface RatesRow extends SystemRow<Conversed> {
  readonly rate: number
}

const COMPARED_RATE = 2_000
const MOST_OF_PEER = 0.5
const HIGH_RATE = 10_000
const MOST_MS = 25

/** What can be judged by what was measured: other rates, or no peers, leave less. */
export function ratesTargets(rows: readonly RatesRow[]): Target[] {
  const p99 = (id: string, rate: number) =>
    median(
      rows
        .filter((row) => row.system.id === id && row.rate === rate)
        .flatMap(({ runs }) => runs.map(({ deliveries }) => deliveries.p99)),
    )
  const [own, peer, high] = [
    p99('parley', COMPARED_RATE),
    p99('by-hand', COMPARED_RATE),
    p99('parley', HIGH_RATE),
  ]
  const part = ratio(own, peer)
  const compared: Target = {
    text: `${COMPARED_RATE}/s: delivery p99 at most ${MOST_OF_PEER} times that of the one written by hand`,
    measured: `${shown(own)} ms to ${shown(peer)} ms, ${shown(part)} times`,
    isMet: part !== null && part <= MOST_OF_PEER,
  }
  return [
    ...(part === null ? [] : [compared]),
    ...(high === null ? [] : [atMost(`${HIGH_RATE}/s: delivery p99`, high, MOST_MS, 'ms')]),
  ]
}
