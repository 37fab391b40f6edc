import type { Store } from '../../src/store/store.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** A moment that lies so many days back. */
export function daysAgo(days: number): Date {
  return new Date(Date.now() - days * DAY_MS)
}

/** As if the chat had been made then, and its messages up to this `seq` said. */
export async function ageMessages(
  store: Pick<Store, 'execute'>,
  chatId: string,
  upToSeq: number,
  at: Date,
): Promise<void> {
  await store.execute('update chats set created_at = least(created_at, $2), oldest_at = null where id = $1', [
    chatId,
    at,
  ])
  await store.execute('update messages set created_at = $3 where chat_id = $1 and seq <= $2', [
    chatId,
    upToSeq,
    at,
  ])
}

/** As if its other events up to this `rev` had been then. */
export async function ageEvents(
  store: Pick<Store, 'execute'>,
  chatId: string,
  upToRev: number,
  at: Date,
): Promise<void> {
  await store.execute('update chat_events set created_at = $3 where chat_id = $1 and rev <= $2', [
    chatId,
    upToRev,
    at,
  ])
}
