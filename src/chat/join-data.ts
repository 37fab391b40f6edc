import type { JoinResult } from '../ports/figures.js'
import {
  CATCH_UP_MESSAGES,
  JOIN_ENVELOPE_BYTES,
  METADATA_BYTES,
  REPLY_BYTES,
  REPLY_ENVELOPE_BYTES,
} from '../protocol/limits.js'
import type { JoinData } from '../protocol/server-frames.js'
import type { MissedMessage, Snapshot } from './snapshots.js'

/** What a message takes beside its content and metadata, at most; and an escaped unit of content. */
const MESSAGE_ENVELOPE_BYTES = 3072
const ESCAPED_UNIT_BYTES = 6

/** The data of one reply, or of all the chats in it, in bytes of JSON. */
export const REPLY_DATA_BYTES = REPLY_BYTES - REPLY_ENVELOPE_BYTES

/**
 * A snapshot as a reply of its own tells it. Messages that do not fit are left for the next time (`complete: false`);
 * at least one is told, or asking again would never end.
 */
export function toJoinData(snapshot: Snapshot): JoinData {
  const count = fitting(snapshot.missed, REPLY_DATA_BYTES - fixedBytes(snapshot))
  return cut(snapshot, Math.max(1, count))
}

/** A snapshot as one of several in a reply; undefined when not even one of its messages fits into what is left. */
export function fitJoinData(snapshot: Snapshot, bytesLeft: number): JoinData | undefined {
  const left = bytesLeft - fixedBytes(snapshot)
  const count = fitting(snapshot.missed, left)
  return left < 0 || (count === 0 && snapshot.missed.length > 0) ? undefined : cut(snapshot, count)
}

/** As what it is counted. */
export function joinResult({ complete, reset }: Pick<JoinData, 'complete' | 'reset'>): JoinResult {
  if (reset === true) return 'reset'
  return complete ? 'complete' : 'part'
}

export function byteLength(value: object): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** With the first `count` of its messages. */
function cut({ chat, mine, members, epoch, reset, missed }: Snapshot, count: number): JoinData {
  const next = missed[count]
  // What is cut off may have been changed after the chat's row was read: it is still to be asked for.
  const rev = next === undefined ? chat.rev : Math.min(chat.rev, next.leastRev - 1)
  return {
    chat,
    mine,
    members: [...members],
    messages: missed.slice(0, count).map(({ message }) => message),
    rev,
    epoch,
    complete: next === undefined,
    ...(reset ? { reset } : {}),
  }
}

function fixedBytes({ chat, mine, members }: Snapshot): number {
  return JOIN_ENVELOPE_BYTES + byteLength([chat, mine, members])
}

/** How many of the first messages fit into `most` bytes. */
function fitting(missed: readonly MissedMessage[], most: number): number {
  const told = missed.slice(0, CATCH_UP_MESSAGES)
  const estimate = told.reduce(
    (sum, { message: { content, metadata } }) =>
      sum +
      content.length * ESCAPED_UNIT_BYTES +
      (metadata === undefined ? 0 : METADATA_BYTES) +
      MESSAGE_ENVELOPE_BYTES,
    0,
  )
  if (estimate <= most) return told.length
  let bytes = 0
  const end = told.findIndex(({ message }) => {
    bytes += byteLength(message) + 1
    return bytes > most
  })
  return end === -1 ? told.length : end
}
