import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Attachments } from '../chat/attachments/attachments.js'
import type { File } from '../chat/attachments/uploads.js'
import type { SendFrame } from '../protocol/client-frames.js'
import { ParleyError, toParleyError } from '../protocol/errors.js'
import { cleanText, id } from '../protocol/text.js'
import { dispatch, type FrameContext, type Respond } from '../sessions/frames/dispatch.js'
import type { Session } from '../sessions/session.js'

/** Messages with files in them that one session may have under way: each may be as large as a frame of this door. */
const AT_ONCE = 4

const bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value), 'must be bytes')
const namedBytes = z.object({ name: cleanText.pipe(z.string().min(1).max(1024)), data: bytes })
/** The seed's files, named ones, and the ids of attachments that were uploaded before. */
const given = z.array(z.union([bytes, namedBytes, id]))
type Given = z.infer<typeof given>

/** The `attachments` of a payload when there are bytes among them; undefined when they are ids, or there are none. */
export function filesIn(data: unknown): readonly unknown[] | undefined {
  if (typeof data !== 'object' || data === null || !('attachments' in data)) return undefined
  const { attachments } = data
  return Array.isArray(attachments) && attachments.some((one) => typeof one !== 'string')
    ? attachments
    : undefined
}

/** `chat message` with the files in it, as in the seed: they become attachments first, then the message names those. */
export function createFileMessages(attachments: Attachments | undefined, frames: FrameContext) {
  const underWay = new Map<string, number>()

  async function upload(session: Session, chatId: string, files: Given): Promise<string[]> {
    if (attachments === undefined) throw new ParleyError('attachments_disabled')
    const most = attachments.limits.attachmentsPerMessage
    if (files.length > most) throw new ParleyError('too_large', `attachments: at most ${most}`)
    const caller = { user: session.user, isService: false }
    const uploads = await attachments.receive(caller, chatId, files.flatMap(toFile))
    const ids = uploads.map((one) => one.id)
    if (uploads.every(({ status }) => status === 'ready')) return ids
    await attachments.discard(chatId, ids)
    throw new ParleyError('overloaded', 'The scanner has not given its verdict yet. Try again.')
  }

  /** What was uploaded for a message that did not take it is taken back. */
  function discarding(chatId: string, ids: readonly string[], respond: Respond): Respond {
    return {
      reply(data) {
        if ('duplicate' in data) void attachments?.discard(chatId, ids)
        respond.reply(data)
      },
      error(error) {
        void attachments?.discard(chatId, ids)
        respond.error(error)
      },
    }
  }

  async function say(
    session: Session,
    frame: SendFrame,
    files: readonly unknown[],
    respond: Respond,
  ): Promise<void> {
    const { chatId, ref = null } = frame
    const refuse = async (error: ParleyError) =>
      await dispatch(frames, session, { ok: false, ref, error }, respond)
    const parsed = given.safeParse(files)
    if (!parsed.success)
      return await refuse(new ParleyError('bad_request', 'attachments: bytes, { name, data: bytes }, or ids'))
    let uploaded: string[]
    try {
      uploaded = await upload(session, chatId, parsed.data)
    } catch (error) {
      if (!(error instanceof ParleyError))
        frames.logger.error({ error, sessionId: session.id }, 'an upload failed')
      return await refuse(toParleyError(error))
    }
    const left = [...uploaded]
    const ids = parsed.data.flatMap((one) => (typeof one === 'string' ? one : (left.shift() ?? [])))
    const named = { ok: true, frame: { ...frame, attachments: ids } } as const
    await dispatch(frames, session, named, discarding(chatId, uploaded, respond))
  }

  return {
    /** Never throws: what goes wrong is answered. */
    async say(
      session: Session,
      frame: SendFrame,
      files: readonly unknown[],
      respond: Respond,
    ): Promise<void> {
      const count = underWay.get(session.id) ?? 0
      if (count >= AT_ONCE)
        return respond.error(
          new ParleyError('rate_limited', `At most ${AT_ONCE} messages with files may be under way.`),
        )
      underWay.set(session.id, count + 1)
      try {
        await say(session, frame, files, respond)
      } finally {
        const left = (underWay.get(session.id) ?? 1) - 1
        if (left === 0) underWay.delete(session.id)
        else underWay.set(session.id, left)
      }
    },
  }
}

/** Bytes alone are called after their place; the extension follows from what they are. */
function toFile(one: Given[number], index: number): File[] {
  if (typeof one === 'string') return []
  const { name, data } = Buffer.isBuffer(one) ? { name: `file-${index + 1}`, data: one } : one
  return [{ name, body: Readable.from([data]) }]
}
