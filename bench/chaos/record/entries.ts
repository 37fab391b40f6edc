/** What a client is asked through. */
export type Door = 'raw' | 'socketio' | 'rest'

/** A message as one was shown it. */
export interface Seen {
  readonly seq: number
  /** Of its last change; null where the door does not say it. */
  readonly rev: number | null
  /** The same for two that agree in all that never changes. */
  readonly identity: string
  /** The same for two that say the same now. */
  readonly said: string
}

/** One session's word about one chat. A session lives on over many connections, to any nodes. */
interface OfStream {
  readonly session: string
  readonly user: string
  readonly chat: string
}

interface OfSend {
  readonly user: string
  readonly chat: string
  readonly clientId: string
}

/** An edit or a delete, by the member who said the message. */
interface OfMending {
  readonly user: string
  readonly chat: string
  readonly seq: number
  /** Undefined: the message is deleted. */
  readonly content: string | undefined
}

/** What happened, as whoever it happened to saw it. `at` is in milliseconds since the start, and never runs back. */
export type Happening =
  | {
      kind: 'fault'
      id: number
      name: string
      target: string
      phase: 'begun' | 'undone' | 'healed'
      note?: string
    }
  | { kind: 'crashed'; node: number; exitCode: number | null }
  | { kind: 'connected'; session: string; user: string; door: Door; node: number }
  | { kind: 'disconnected'; session: string; code: number; node: number }
  /** A chat's data, by `join` or `resume`; `after` is what was asked for, null when all was. */
  | (OfStream & {
      kind: 'joined'
      after: number | null
      rev: number
      /** Undefined in what a `resume` has put off. */
      lastSeq: number | undefined
      complete: boolean
      reset: boolean
      messages: readonly Seen[]
    })
  /** From here on nothing of the chat may come on this connection. */
  | (OfStream & { kind: 'left' })
  | (OfStream & { kind: 'pushed'; type: string; rev: number; seen?: Seen; node: number })
  /** A push of those who have joined that has no rev: typing, presence and the like. */
  | (OfStream & { kind: 'signalled'; type: string })
  /** A push of the inbox; `rev` is that of the message in it. */
  | (OfStream & { kind: 'activity'; rev: number })
  | (OfSend & { kind: 'send'; content: string; attempt: number; door: Door; node: number | null })
  | (OfSend & {
      kind: 'acked'
      id: string
      seq: number
      rev: number
      createdAt: string
      duplicate: boolean
      tookMs: number
      node: number
    })
  /** An answer that was an error, or none at all; `final` when nothing of it is tried again. */
  | (OfSend & { kind: 'refused'; code: string; final: boolean; attempt: number })
  | (OfMending & { kind: 'mend'; attempt: number })
  | (OfMending & { kind: 'mended'; rev: number })
  | (OfMending & { kind: 'mend refused'; code: string; final: boolean; attempt: number })
  | { kind: 'read'; user: string; chat: string; seq: number }
  | { kind: 'read acked'; user: string; chat: string; lastReadSeq: number }
  /** An error of any other request. */
  | { kind: 'failed'; what: string; code: string }

export type Entry = Happening & { readonly at: number }
export type EntryOf<K extends Entry['kind']> = Extract<Entry, { kind: K }>
