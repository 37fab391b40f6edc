import type { Watch } from '../clients/client.js'

/** What the clients of a scenario have met, counted together. */
export function createTally() {
  const counts = { pushed: 0, missed: 0, holes: 0, repeats: 0, unreachable: 0 }
  const closed = new Map<number, number>()
  const refused = new Map<string, number>()

  return {
    /** For one client; `also` is told as well. */
    watch(also: Partial<Watch>): Watch {
      return {
        connected: (node) => also.connected?.(node),
        standing: () => also.standing?.(),
        received(message, how) {
          counts[how] += 1
          also.received?.(message, how)
        },
        broken(how) {
          counts[how === 'hole' ? 'holes' : 'repeats'] += 1
        },
        refused: (code) => void refused.set(code, (refused.get(code) ?? 0) + 1),
        closed: (code) => void closed.set(code, (closed.get(code) ?? 0) + 1),
        unreachable() {
          counts.unreachable += 1
        },
      }
    },
    counts: (): Readonly<typeof counts> => counts,
    result: () => ({
      ...counts,
      /** Requests that were refused and made again, by code. */
      refused: Object.fromEntries(refused),
      /** Connections that the clients did not close themselves, by code. */
      closed: Object.fromEntries(closed),
    }),
  }
}

export type Tally = ReturnType<typeof createTally>
