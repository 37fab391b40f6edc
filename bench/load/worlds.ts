import type { World } from './systems/system.js'

/** Chats of two, whose members are neighbours: on different nodes, when there are two. */
export function pairs(chats: number, messages = 0): World {
  return {
    users: 2 * chats,
    chats: Array.from({ length: chats }, (_, chat) => [2 * chat, 2 * chat + 1]),
    messages,
  }
}

/** One chat that all belong to. */
export function crowd(users: number): World {
  return { users, chats: [numbers(users)], messages: 0 }
}

/** Everybody is in so many chats of two, each with another user. */
export function acquainted(users: number, chatsEach: number, messages: number): World {
  const chats = numbers(users).flatMap((user) =>
    numbers(chatsEach / 2).map((near) => [user, (user + near + 1) % users]),
  )
  return { users, chats, messages }
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
