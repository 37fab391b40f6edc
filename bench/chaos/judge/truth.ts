import type { Said } from '../clients/wire.js'

/** What the database holds of a chat after all, beside which the record is laid. */
export interface ChatTruth {
  readonly id: string
  readonly lastSeq: number
  readonly lastRev: number
  /** Members from the chat's beginning. */
  readonly founders: readonly string[]
  /** Ascending by `seq`. */
  readonly messages: readonly TrueMessage[]
  /** Ascending by `rev`: all changes that are not new messages. */
  readonly events: readonly TrueEvent[]
  /** Of those who are members at the end. */
  readonly marks: readonly Mark[]
}

export interface TrueMessage extends Said {
  /** The event that it came with. */
  readonly createdRev: number
  /** The event of its last change. */
  readonly rev: number
}

export interface TrueEvent {
  readonly rev: number
  readonly kind: string
  /** Of the message that was edited or deleted. */
  readonly seq: number | undefined
  /** Of the member that was added or removed. */
  readonly userId: string | undefined
}

export interface Mark {
  readonly user: string
  readonly lastSeq: number
  readonly lastReadSeq: number
  readonly unread: number
}

/** Judges the record as it is written, and each chat when its truth is known. */
export interface Judging<Entry> {
  see?(entry: Entry): void
  finish?(truth: ChatTruth): void
}
