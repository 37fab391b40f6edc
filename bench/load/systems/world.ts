import { SECRET } from '../../engines/engines.js'
import { createTokens } from '../../engines/tokens.js'

/** Chats and who belongs to them; a user's number is its place. Names are `user-<number>` and `chat-<number>`. */
export interface World {
  readonly users: number
  /** The members of each chat, by their numbers. */
  readonly chats: readonly (readonly number[])[]
  /** Messages that are in each chat beforehand. */
  readonly messages: number
}

const tokens = createTokens(SECRET)

export const userName = (user: number) => `user-${user}`
export const chatName = (chat: number) => `chat-${chat}`
export const tokenOf = (user: number) => tokens.user(userName(user), `User ${user}`)

/** Two columns of one length: who is in which chat. */
export function membersOf({ chats }: World): [chats: string[], users: string[]] {
  const members = chats.flatMap((users, chat) => users.map((user) => ({ chat, user })))
  return [members.map(({ chat }) => chatName(chat)), members.map(({ user }) => userName(user))]
}
