import type { World } from './systems/world.js'

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

/** Everybody is in so many chats of two, each with another user; an even number of users, and more than chats. */
export function acquainted(users: number, chatsEach: number, messages: number): World {
  const near = numbers(users).flatMap((user) =>
    numbers(Math.floor(chatsEach / 2)).map((step) => [user, (user + step + 1) % users]),
  )
  // One chat more for each, with whoever is farthest: two at a time.
  const half = users / 2
  const far = chatsEach % 2 === 0 ? [] : numbers(half).map((user) => [user, user + half])
  return { users, chats: [...near, ...far], messages }
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
