/**
 * Follows single sends from their frame to their delivery (src/ops/tracing.ts). Where no traces are asked for there is
 * none of it, and whoever would use it pays for one look. Nothing of what is said gets here.
 */
export interface Tracing {
  /** A send that begins; undefined when it is not one of the sample. */
  follow(chatId: string): SendTrace | undefined
  /** Some node says that the event of this number is of a send that is followed. */
  heard(chatId: string, rev: number, traceparent: string): void
  /** The event was given to the sessions of this node. */
  delivered(chatId: string, rev: number): void
}

/** One send: it waits, is in a flush, perhaps in several, is published when it was committed, and ends. */
export interface SendTrace {
  /** A flush of so many messages begins. */
  flushing(messages: number): void
  flushed(): void
  /** Its event is told from here on; answers what other nodes need to go on with the trace. */
  publishing(rev: number): string
  published(): void
  /** Also ends what is still under way. */
  end(result: string): void
}
