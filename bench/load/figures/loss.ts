import type { Heard } from '../generator/figures.js'

/** What of all that was said, warming up included, has become what; told when nothing came any more. */
export interface Loss {
  readonly sent: number
  readonly repeated: number
  readonly refused: number
  /** What the first of them said; empty without one. */
  readonly refusal: string
  /** Sends, repeats among them, that nothing has answered. */
  readonly unanswered: number
  /** Deliveries of messages that were not refused. */
  readonly expected: number
  readonly delivered: number
  /** Expected and not delivered. */
  readonly lost: number
  /** Came once more, or after a later one of the same sender. */
  readonly again: number
  /** Came although the one before it of the same sender had not. */
  readonly holes: number
  /** Connections that the system closed. */
  readonly closed: number
}

/** `listeners`: the members of a chat besides the sender. */
export function lossOf(heard: Heard, listeners: number): Loss {
  const { sent, repeated, acked, refused, refusal, delivered, again, holes, closed } = heard
  const expected = Math.max(0, sent - refused) * listeners
  return {
    ...{ sent, repeated, refused, refusal, expected, delivered, again, holes, closed },
    unanswered: Math.max(0, sent + repeated - acked - refused),
    lost: Math.max(0, expected - delivered),
  }
}

export function isSettled({ unanswered, lost }: Loss): boolean {
  return unanswered === 0 && lost === 0
}

/** The promises that it broke, a line each. A refusal is an answer, but the numbers behind it have a hole then. */
export function brokenBy(who: string, loss: Loss): string[] {
  const { lost, unanswered, again, refused, refusal, closed, sent } = loss
  const holes = refused === 0 ? loss.holes : 0
  const found = [
    [lost, 'deliveries are missing'],
    [unanswered, 'sends were never answered'],
    [again, 'messages came twice, or out of order'],
    [holes, 'messages came before their predecessors'],
    [closed, 'connections were closed by the service'],
    [refused < sent ? 0 : refused, `messages, all of them, were refused: ${refusal}`],
  ] as const
  return found.filter(([count]) => count > 0).map(([count, what]) => `${who}: ${count} ${what}`)
}
