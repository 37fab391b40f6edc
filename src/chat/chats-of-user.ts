import type { Store } from '../store/store.js'

/** Chats of one look. */
const CHATS = 100

/** The chats where the user is or was a member, in the order of their ids, a page at a time. */
export async function* chatsOfUser(store: Store, userId: string): AsyncIterable<string[]> {
  let last = ''
  for (let count = CHATS; count === CHATS; ) {
    const chatIds = await store.erasure.chatsAfter(userId, last, CHATS)
    yield chatIds
    last = chatIds.at(-1) ?? last
    count = chatIds.length
  }
}
