import type { ClientFrame } from '../protocol/client-frames.js'
import type { CLOSE_CODES } from '../protocol/close-codes.js'
import type { ErrorCode } from '../protocol/errors.js'

/**
 * What a node counts of its own work, for whoever reads it (src/ops). The layers write: a count is a plain number, and
 * to add one to it is all that a message pays. What happens once for many messages may be observed, which costs more.
 * Counts only ever go up, but for `sessions`.
 */
export interface Figures {
  /** Open now. */
  readonly sessions: Record<SocketDoor, number>
  /** What clients have asked; `bad` is what could not be understood. */
  readonly framesReceived: Record<SocketDoor, Record<ClientFrame['type'] | 'bad', number>>
  /** Replies, errors and pushes, one for each session. */
  readonly framesSent: Record<SocketDoor, number>
  /** What became of messages that were said, at whichever door. */
  readonly sends: Record<SendResult, number>
  /** What was answered with an error. */
  readonly errors: Record<SocketDoor | 'http', Record<ErrorCode, number>>
  /** Events of chats that were sent to sessions, one for each session. */
  readonly deliveries: { total: number }
  /** Holes in the streams of chats that were filled, by what has filled them. */
  readonly holes: Record<HoleSource, number>
  /** Chats that sessions have asked to join. */
  readonly joins: Record<'join' | 'resume', Record<JoinResult, number>>
  /** Sessions that have ended, by the code that they were closed with. */
  readonly closes: Record<SocketDoor, Record<CloseCode, number>>
  /** Sessions that did not read what they were sent. */
  readonly slowReaders: Record<'latched' | 'cut_off', number>
  /** Messages of one flush. */
  readonly flushMessages: Observed
  /** From the flush's statement to its answer. */
  readonly flushSeconds: Observed
  /** From the flush's answer until this node's sessions have been written to. */
  readonly fanOutSeconds: Observed
}

export interface Observed {
  observe(value: number): void
}

/** The doors that sessions come through. */
export type SocketDoor = 'raw' | 'socketio'

export type SendResult = 'ok' | 'duplicate' | ErrorCode

/** `bus`: the missing event came after all; `postgres`: it was read; `sweep`: nothing had come to show the hole. */
export type HoleSource = 'bus' | 'postgres' | 'sweep'

/** `part`: there is more to ask for; `refused`: an error in the chat's place. */
export type JoinResult = 'complete' | 'part' | 'reset' | 'refused'

/** `none`: the client or the network has ended it. */
export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES]['code'] | 'none'
