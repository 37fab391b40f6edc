import { joinResult, toJoinData } from '../../chat/join-data.js'
import type { JoinFrame } from '../../protocol/client-frames.js'
import { ParleyError } from '../../protocol/errors.js'
import type { JoinData } from '../../protocol/server-frames.js'
import { ATTEMPTS, Entry } from '../entry.js'
import type { Session } from '../session.js'
import type { FrameHandler } from './dispatch.js'

/** The session comes in when its data is complete; otherwise it asks again, from where the data stands. */
export const handleJoin: FrameHandler<JoinFrame> = async (context, session, frame, reply) => {
  await session.inTurn([frame.chatId], async () => {
    const { join: counts } = context.figures.joins
    const entry = await Entry.open(context, session, frame.chatId)
    try {
      await enter(entry, session, frame, (data) => {
        counts[joinResult(data)] += 1
        reply(data)
      })
    } catch (error) {
      counts.refused += 1
      throw error
    } finally {
      entry.close()
    }
  })
}

async function enter(
  entry: Entry,
  session: Session,
  { afterRev, epoch }: JoinFrame,
  reply: (data: JoinData) => void,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const snapshot = await entry.read({ afterRev, epoch })
    if (!session.isOpen) return
    const data = toJoinData(snapshot)
    if (!data.complete) {
      reply(data)
      return
    }
    await entry.follow(data)
    if (!session.isOpen) return

    const missed = entry.missedSince(data)
    if (missed === undefined) continue
    const refusal = entry.refusal(data)
    if (refusal !== undefined) throw refusal
    reply(data)
    entry.enter(missed, { told: true })
    return
  }
  throw new ParleyError('overloaded', 'The chat moves too fast to join it now.')
}
