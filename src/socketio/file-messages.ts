import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Attachments } from '../chat/attachments/attachments.js'
import type { File } from '../chat/attachments/uploads.js'
import { createTally } from '../chat/tally.js'
import type { SendFrame } from '../protocol/client-frames.js'
import { ParleyError, toParleyError } from '../protocol/errors.js'
import { cleanText, id } from '../protocol/text.js'
import { dispatch, type FrameContext, type Respond } from '../sessions/frames/dispatch.js'
import { createRates, NO_LIMITS } from '../sessions/rates.js'
import type { Session } from '../sessions/session.js'

/** Messages with files in them that one session may have under way: each may be as large as a frame of this door. */
const AT_ONCE = 4

const bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value), 'must be bytes')
const namedBytes = z.object({ name: cleanText.pipe(z.string().min(1).max(1024)), data: bytes })
/** The seed's files, named ones, and the ids of attachments that were uploaded before. */
const given = z.array(z.union([bytes, namedBytes, id]))
type Given = z.infer<typeof given>

/** A payload that has bytes among its `attachments`, taken apart; undefined when those are ids, or there are none. */
export function splitFiles(data: unknown): { fields: object; files: readonly unknown[] } | undefined {
  if (typeof data !== 'object' || data === null || !('attachments' in data)) return undefined
  const { attachments: files, ...fields } = data
  return Array.isArray(files) && files.some((one) => typeof one !== 'string') ? { fields, files } : undefined
}

/** `chat message` with the files in it, as in the seed: they become attachments first, then the message names those. */
export function createFileMessages(attachments: Attachments | undefined, frames: FrameContext) {
  const { messages, rates, logger } = frames
  /** The token of such a message is taken before its files are. */
  const counted = { ...frames, rates: createRates(NO_LIMITS) }
  const underWay = createTally()

  async function upload(session: Session, chatId: string, files: Given): Promise<string[]> {
    if (attachments === undefined) throw new ParleyError('attachments_disabled')
    const most = attachments.limits.attachmentsPerMessage
    if (files.length > most) throw new ParleyError('too_large', `attachments: at most ${most}`)
    const caller = { user: session.user, isService: false }
    const uploads = await attachments.receive(caller, chatId, toFiles(files))
    const ids = uploads.map((one) => one.id)
    if (uploads.every(({ status }) => status === 'ready')) return ids
    await attachments.discard(chatId, ids)
    throw new ParleyError('overloaded', 'The scanner has not given its verdict yet. Try again.')
  }

  async function say(
    session: Session,
    frame: SendFrame,
    files: readonly unknown[],
    respond: Respond,
  ): Promise<void> {
    const { chatId, clientId, ref = null } = frame
    const refuse = async (error: ParleyError) =>
      await dispatch(frames, session, { ok: false, ref, error }, respond)
    const parsed = given.safeParse(files)
    if (!parsed.success)
      return await refuse(new ParleyError('bad_request', 'attachments: bytes, { name, data: bytes }, or ids'))
    let uploaded: string[]
    try {
      rates.messages.take(session.user.id)
      const repeat =
        clientId === undefined ? undefined : await messages.findRepeat(session.user, chatId, clientId)
      if (repeat !== undefined) return respond.reply(repeat)
      uploaded = await upload(session, chatId, parsed.data)
    } catch (error) {
      if (!(error instanceof ParleyError))
        logger.error({ error, sessionId: session.id, chatId }, 'the files of a message could not be stored')
      return await refuse(toParleyError(error))
    }
    const left = [...uploaded]
    const ids = parsed.data.flatMap((one) => (typeof one === 'string' ? one : (left.shift() ?? [])))
    let isTaken = false
    await dispatch(
      counted,
      session,
      { ok: true, frame: { ...frame, attachments: ids } },
      {
        ...respond,
        reply(data) {
          isTaken = !('duplicate' in data)
          respond.reply(data)
        },
      },
    )
    // Also when the session has ended meanwhile, and nobody is told.
    if (!isTaken) await attachments?.discard(chatId, uploaded)
  }

  return {
    /** Never throws: what goes wrong is answered. */
    async say(
      session: Session,
      frame: SendFrame,
      files: readonly unknown[],
      respond: Respond,
    ): Promise<void> {
      if (underWay.of(session.id) >= AT_ONCE)
        return respond.error(
          new ParleyError('rate_limited', `At most ${AT_ONCE} messages with files may be under way.`),
        )
      underWay.add(session.id)
      try {
        await say(session, frame, files, respond)
      } finally {
        underWay.drop(session.id)
      }
    },
  }
}

/** Bytes alone are called after their place; the extension follows from what they are. */
async function* toFiles(files: Given): AsyncGenerator<File> {
  for (const [index, one] of files.entries()) {
    if (typeof one === 'string') continue
    const { name, data } = Buffer.isBuffer(one) ? { name: `file-${index + 1}`, data: one } : one
    yield { name, body: Readable.from([data]) }
  }
}
