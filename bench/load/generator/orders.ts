import type { DialectName } from '../dialects/index.js'

/** What is said between the main thread and those that hold the connections. */

/** Of each thread, before anything else. */
export interface ThreadData {
  readonly dialect: DialectName
}

export interface Seat {
  /** The user's number, from 0 on; it is `user-<number>` to the system. */
  readonly user: number
  readonly token: string
  readonly host: string
  readonly port: number
  readonly chats: readonly string[]
}

export interface Arrival {
  /** Connections that are on their way at the same time, of one thread. */
  readonly atOnce: number
  /** How they come into their chats: one join for each, or all in one resume from this rev. */
  readonly resumeFrom?: number
}

export interface Talk {
  /** A session sends again when it is answered, or all together send at fixed times. */
  readonly loop: { readonly kind: 'closed' } | { readonly kind: 'open'; readonly perSecond: number }
  /** Share of the sends that are the sender's last one once more. */
  readonly repeats: number
  /** The sessions that speak, by their users. */
  readonly speakers: readonly number[]
}

export type Order =
  | { readonly kind: 'arrive'; readonly seats: readonly Seat[]; readonly arrival: Arrival }
  | { readonly kind: 'talk'; readonly talk: Talk }
  | { readonly kind: 'hush' }
  /** Tells, and then measures durations and how busy it is anew. */
  | { readonly kind: 'count' }
  | { readonly kind: 'tell' }
  /** Closes all connections, and forgets them. */
  | { readonly kind: 'part' }

/** What a thread has counted since it began, and measured since it was told to. Times in microseconds. */
export interface Counts {
  /** Repeats are not among them. */
  readonly sent: number
  readonly repeated: number
  readonly acked: number
  /** Messages that a session got from another one. */
  readonly delivered: number
  readonly refused: number
  /** What the first refusal said; empty without one. */
  readonly refusal: string
  /** Messages that came in the wrong order or once more, or whose sender's one before it has not come. */
  readonly holes: number
  readonly again: number
  readonly closed: number
  readonly acks: Histogram
  readonly deliveries: Histogram
  /** From the first packet of a session's connection until it stands in all its chats. */
  readonly arrivals: Histogram
  /** Share of the time in which the thread had something to do. */
  readonly busy: number
  /** By how much sends left after they were due. */
  readonly late: Histogram
}

/** Microseconds, rounded to two digits and a half: how many there were of each. */
export type Histogram = readonly (readonly [micros: number, count: number])[]

export type Report =
  | { readonly kind: 'arrived'; readonly failed: number }
  | { readonly kind: 'standing'; readonly standing: number }
  | { readonly kind: 'counts'; readonly counts: Counts }
  | { readonly kind: 'parted' }
