import type { z } from 'zod'
import { type ClientFrame, clientFrame, type Ref } from './client-frames.js'
import { errorBody, ParleyError } from './errors.js'
import { FRAME_BYTES, REF_LENGTH } from './limits.js'
import type { Push, PushType } from './server-frames.js'

/** Bytes to frames and back: the JSON text frames of CONTRACT.md section 3. */

export type Decoded =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly ref: Ref; readonly error: ParleyError }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Decodes and validates one client frame; `bytes` may be reused by the caller afterwards. */
export function decodeFrame(bytes: ArrayBuffer, isBinary: boolean): Decoded {
  if (isBinary) return refusal(null, 'bad_request', 'Frames are JSON text, not binary.')
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch {
    if (bytes.byteLength > FRAME_BYTES) return tooLarge(null)
    return refusal(null, 'bad_request', 'The frame is not JSON.')
  }
  if (bytes.byteLength > FRAME_BYTES) return tooLarge(refOf(value))
  return validateFrame(value)
}

/** Validates a frame that arrived as a value (the Socket.IO door has its own encoding). */
export function validateFrame(value: unknown): Decoded {
  const parsed = clientFrame.safeParse(value)
  if (parsed.success) return { ok: true, frame: parsed.data }
  return refusal(refOf(value), 'bad_request', describeIssues(parsed.error))
}

/** One line that names each wrong field and never repeats the value that was sent. */
export function describeIssues(error: z.core.$ZodError): string {
  const lines = error.issues.slice(0, 5).map((issue) => {
    const where = issue.path.slice(0, 8).join('.').slice(0, 100)
    return where === '' ? issue.message : `${where}: ${issue.message}`
  })
  return lines.join('; ')
}

export function encodeReply(ref: Ref | undefined, data: object): string {
  return `{"type":"reply","ref":${JSON.stringify(ref ?? null)},"data":${JSON.stringify(data)}}`
}

export function encodeError(ref: Ref | undefined, error: ParleyError): string {
  return JSON.stringify({ type: 'error', ref: ref ?? null, ...errorBody(error) })
}

export function encodePush<T extends PushType>(type: T, push: Push<T>): string {
  // Without a copy of the push: this is made for every message.
  return `{"type":"${type}",${JSON.stringify(push).slice(1)}`
}

function refusal(ref: Ref, code: 'bad_request' | 'too_large', message: string): Decoded {
  return { ok: false, ref, error: new ParleyError(code, message) }
}

function tooLarge(ref: Ref): Decoded {
  return refusal(ref, 'too_large', `A frame is at most ${FRAME_BYTES} bytes.`)
}

function refOf(value: unknown): Ref {
  if (typeof value !== 'object' || value === null || !('ref' in value)) return null
  const { ref } = value
  if (typeof ref === 'number') return ref
  return typeof ref === 'string' && ref.length <= REF_LENGTH && ref.isWellFormed() ? ref : null
}
