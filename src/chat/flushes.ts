import type { JudgedRow, NewMessage } from '../store/flush.js'
import type { Store } from '../store/store.js'
import { LATER } from './lane.js'

/** A message on its way into a flush. */
export interface Committing extends NewMessage {
  /** Something like it was said on this node lately. */
  readonly mayRepeat: boolean
  /** How often its chat was locked. */
  leftOut: number
}

/** A message whose chat was locked so often waits for it, and its flush with it. */
const LEFT_OUT_MOST = 3

/**
 * The flush of a lane: one statement. Nearly all messages are committed at once, without a look at what could keep
 * them from it. Those that need one, and whatever else is said in their chats, take turns with the others, so that one
 * client that repeats itself does not send all of them down the slow road.
 */
export function createFlush(store: Store) {
  let wasSlow = false

  return async (batch: readonly Committing[]): Promise<(JudgedRow | typeof LATER)[]> => {
    const slow = new Set(batch.filter(needsJudging).map(({ chatId }) => chatId))
    if (slow.size === 0) return await commitAtOnce(store, batch)
    const isMixed = batch.some(({ chatId }) => !slow.has(chatId))
    wasSlow = !isMixed || !wasSlow
    const turn = wasSlow
      ? withoutRepeats(batch.filter(({ chatId }) => slow.has(chatId)))
      : batch.filter(({ chatId }) => !slow.has(chatId))
    const results = wasSlow ? await store.flush.judge(turn) : await commitAtOnce(store, turn)
    const byItem = new Map<Committing, JudgedRow | typeof LATER | undefined>(
      turn.map((item, index) => [item, results[index]]),
    )
    return batch.map((item): JudgedRow | typeof LATER => byItem.get(item) ?? LATER)
  }
}

/** Of each chat as many as do not repeat each other: a statement does not see what it has inserted itself. */
function withoutRepeats(batch: readonly Committing[]): Committing[] {
  const ids = new Set<string>()
  const full = new Set<string>()
  return batch.filter(({ chatId, senderId, clientId }) => {
    const id = JSON.stringify([chatId, senderId, clientId])
    if (clientId !== null && ids.has(id)) full.add(chatId)
    ids.add(id)
    return !full.has(chatId)
  })
}

function needsJudging({ mayRepeat, attachments }: Committing): boolean {
  return mayRepeat || attachments.length > 0
}

async function commitAtOnce(
  store: Store,
  batch: readonly Committing[],
): Promise<(JudgedRow | typeof LATER)[]> {
  const waits = batch.some(({ leftOut }) => leftOut >= LEFT_OUT_MOST)
  const rows = (await store.flush.atOnce(batch, { waits })) ?? (await store.flush.judge(batch))
  // When all are locked there is nothing to do meanwhile: the next flush may as well wait.
  const times = rows.every(({ outcome }) => outcome === 'left_out') ? LEFT_OUT_MOST : 1
  return rows.map((row, index) => {
    if (row.outcome !== 'left_out') return row
    const left = batch[index]
    if (left !== undefined) left.leftOut += times
    return LATER
  })
}
