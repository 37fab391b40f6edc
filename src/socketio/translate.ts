import { z } from 'zod'
import type { ClientFrame } from '../protocol/client-frames.js'
import { type Decoded, validateFrame } from '../protocol/codec.js'
import { ParleyError } from '../protocol/errors.js'
import { message } from '../protocol/objects.js'

/** The seed's names for what a client asks, and the frame of the raw door that each of them is. */
export const FRAME_OF_EVENT = new Map<string, ClientFrame['type']>([
  ['join', 'join'],
  ['resume', 'resume'],
  ['leave', 'leave'],
  ['chat message', 'send'],
  ['edit', 'edit'],
  ['delete', 'delete'],
  ['read', 'read'],
  ['typing', 'typing'],
  ['auth', 'auth'],
  ['ping', 'ping'],
])

/** An event's payload as the frame it stands for. */
export function toFrame(type: ClientFrame['type'], data: unknown): Decoded {
  const fields = data ?? {}
  if (typeof fields !== 'object' || Array.isArray(fields) || ArrayBuffer.isView(fields))
    return { ok: false, ref: null, error: new ParleyError('bad_request', 'The payload must be an object.') }
  return validateFrame({ ...fields, type })
}

const push = z.looseObject({ type: z.string() })
const messagePush = z.object({ rev: z.number(), message })

interface SocketEvent {
  readonly event: string
  readonly body: object
}
let last: { frame: string | Buffer; event: SocketEvent } | undefined

/** A push as an event. The sessions of a room are sent one frame after the other: it is translated once. */
export function toSocketEvent(frame: string | Buffer): SocketEvent {
  if (last?.frame !== frame) last = { frame, event: translate(frame) }
  return last.event
}

/** The same name with spaces. A message comes as itself, with the seed's two extra fields. */
function translate(frame: string | Buffer): SocketEvent {
  const { type, ...body } = push.parse(JSON.parse(frame.toString()))
  const event = type.replaceAll('_', ' ')
  const asMessage = messagePush.safeParse(body)
  if (!asMessage.success) return { event, body }
  const { rev, message } = asMessage.data
  return { event, body: { ...message, rev, senderId: message.sender.id, timestamp: message.createdAt } }
}
