import { z } from 'zod'
import type { Bus } from '../ports/bus.js'
import { chatChannel } from './channels.js'

/** What nodes tell each other about a chat that is not committed anywhere, and may be lost without harm. */
const signal = z.discriminatedUnion('type', [
  z.object({ type: z.literal('typing'), userId: z.string(), active: z.boolean() }),
  z.object({ type: z.literal('read'), userId: z.string(), seq: z.number() }),
  /** A user's first session on the node has joined the chat, or the last one has left. */
  z.object({
    type: z.literal('joined'),
    nodeId: z.string(),
    userId: z.string(),
    fullName: z.string(),
    /** The user was there before: sessions are not told. */
    isQuiet: z.boolean(),
  }),
  z.object({ type: z.literal('left'), nodeId: z.string(), userId: z.string() }),
  /** Who is joined on the node: said to a node that has newly turned up in the chat. */
  z.object({ type: z.literal('here'), nodeId: z.string(), userIds: z.array(z.string()) }),
])

export type Signal = z.infer<typeof signal>

const SIGNAL = 0x53

export function publishSignal(bus: Bus, chatId: string, value: Signal): void {
  bus.publish(chatChannel(chatId), `S${JSON.stringify(value)}`)
}

/** Undefined for what no node of this version has sent. */
export function decodeSignal(payload: Buffer): Signal | undefined {
  if (payload[0] !== SIGNAL) return undefined
  try {
    return signal.safeParse(JSON.parse(payload.toString('utf8', 1))).data
  } catch {
    return undefined
  }
}
