import type { Bus } from '../ports/bus.js'
import { encodePush } from '../protocol/codec.js'
import type { Change, Chat, Message } from '../protocol/objects.js'
import type { PushType } from '../protocol/server-frames.js'
import { chatChannel } from './channels.js'

/**
 * A committed change of a chat on its way to sessions: the ready JSON frame and its `rev`. A node that delivers
 * it compares the number and never parses the frame, except for a change of who belongs to the chat.
 */
export interface ChatEvent {
  readonly chatId: string
  readonly rev: number
  readonly frame: string | Buffer
  readonly changesMembers: boolean
}

/** What happens to a message after it was said. */
export const MESSAGE_CHANGES = ['message_edited', 'message_deleted'] as const satisfies readonly PushType[]
export type MessageChange = (typeof MESSAGE_CHANGES)[number]

/** A new message, or a change of one; `rev` is the event's number, the message's own one that of its last change. */
export function messageEvent(
  message: Message,
  rev: number = message.rev,
  type: 'message' | MessageChange = 'message',
): ChatEvent {
  return { chatId: message.chatId, rev, frame: encodePush(type, { rev, message }), changesMembers: false }
}

/** Any other event; `change` may be one that only a newer version of the service knows. */
export function changeEvent(chat: Chat, rev: number, change: Change | { readonly type: string }): ChatEvent {
  return {
    chatId: chat.id,
    rev,
    frame: JSON.stringify({ type: 'chat_updated' satisfies PushType, rev, chat, change }),
    changesMembers: change.type === 'member_added' || change.type === 'member_removed',
  }
}

/**
 * Where committed events leave the domain: to this node's own sessions at once, and to the other nodes as a hint.
 * The echo that comes back from the bus is a repeat, and dropped as any repeat is.
 */
export function createEvents(bus: Bus) {
  let deliver: (event: ChatEvent) => void = () => {}

  return {
    /** Set once, by whoever has the sessions. */
    onCommitted(listener: (event: ChatEvent) => void): void {
      deliver = listener
    },

    /** Events of one chat are given in the order of their `rev`. `traceparent`: of a send that is followed. */
    publish(event: ChatEvent, traceparent?: string): void {
      deliver(event)
      if (traceparent !== undefined)
        bus.publish(chatChannel(event.chatId), encodeTraceHint({ rev: event.rev, traceparent }))
      bus.publish(chatChannel(event.chatId), encodeChatEvent(event))
    },
  }
}

export type Events = ReturnType<typeof createEvents>

/**
 * On a chat's channel: `E<rev>:<frame>`, or `M…` when it changes who belongs to the chat, or `S<signal>`; and before the
 * event of a send that is followed `T<rev>:<traceparent>`, which a node that follows none passes over.
 */
const EVENT = 0x45
const MEMBERS_EVENT = 0x4d
const TRACE_HINT = 0x54
const COLON = 0x3a
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39

function encodeChatEvent({ rev, frame, changesMembers }: ChatEvent): string {
  return `${changesMembers ? 'M' : 'E'}${rev}:${frame}`
}

/** What goes before the event of this number. */
interface TraceHint {
  readonly rev: number
  readonly traceparent: string
}

function encodeTraceHint({ rev, traceparent }: TraceHint): string {
  return `T${rev}:${traceparent}`
}

/** Undefined for any other payload. */
export function decodeTraceHint(payload: Buffer): TraceHint | undefined {
  if (payload[0] !== TRACE_HINT) return undefined
  const [, rev, traceparent] = /^T(\d{1,15}):([0-9a-f-]{1,64})$/.exec(payload.toString('latin1')) ?? []
  return traceparent === undefined ? undefined : { rev: Number(rev), traceparent }
}

/** Undefined when the payload is no event: a signal, or something that no node of this version has sent. */
export function decodeChatEvent(chatId: string, payload: Buffer): ChatEvent | undefined {
  const kind = payload[0]
  if (kind !== EVENT && kind !== MEMBERS_EVENT) return undefined
  let rev = 0
  for (let at = 1; at < payload.length; at++) {
    const byte = payload[at]
    if (byte === COLON) {
      // The first event of a chat is 1.
      if (rev === 0) return undefined
      return { chatId, rev, frame: payload.subarray(at + 1), changesMembers: kind === MEMBERS_EVENT }
    }
    if (byte === undefined || byte < DIGIT_0 || byte > DIGIT_9 || rev > Number.MAX_SAFE_INTEGER / 16)
      return undefined
    rev = rev * 10 + byte - DIGIT_0
  }
  return undefined
}
