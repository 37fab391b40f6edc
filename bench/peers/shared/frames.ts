/** Those of Parley's frames that the peers speak which were written by hand. */

type Ref = string | number

export type ClientFrame =
  | { readonly type: 'join'; readonly ref: Ref; readonly chatId: string }
  | { readonly type: 'send'; readonly ref: Ref; readonly chatId: string; readonly content: string }

export interface Message {
  readonly id: string
  readonly chatId: string
  readonly sender: { readonly id: string; readonly fullName: string }
  readonly content: string
  readonly createdAt: string
}

export const HELLO = '{"type":"hello"}'

/** Undefined for what is no such frame. */
export function readFrame(text: string): ClientFrame | undefined {
  const { type, ref, chatId, content } = parse(text)
  if (!(typeof ref === 'string' || typeof ref === 'number') || typeof chatId !== 'string') return undefined
  if (type === 'join') return { type, ref, chatId }
  if (type === 'send' && typeof content === 'string') return { type, ref, chatId, content }
  return undefined
}

export const toReply = (ref: Ref, data: object) => JSON.stringify({ type: 'reply', ref, data })
export const toError = (ref: Ref | null, code: string) => JSON.stringify({ type: 'error', ref, code })
export const toPush = (message: Message) => JSON.stringify({ type: 'message', message })

function parse(text: string): { type?: unknown; ref?: unknown; chatId?: unknown; content?: unknown } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
