import type { Socket } from 'socket.io-client'
import type { Test } from 'tap'
import { z } from 'zod'
import { message } from '../../src/protocol/objects.js'
import { replies } from '../../src/protocol/server-frames.js'
import {
  type AnyFrame,
  call,
  connectRaw,
  createChat,
  type RawClient,
  serviceToken,
  TEST_SECRET,
  token,
} from './clients.js'
import { createDatabase } from './postgres.js'
import { type NodeProcess, startNode } from './processes.js'

/**
 * A node that takes the helpers' tokens, and tells at once who has gone. On Postgres: starting the embedded one
 * takes several times as long, and what differs between the two is the database's, not the node's.
 */
export async function startTestNode(
  t: Test,
  env: Record<string, string> = {},
  entry?: string,
): Promise<NodeProcess> {
  const { url } = await createDatabase(t)
  const own = { DATABASE_URL: url, JWT_SECRET: TEST_SECRET, PARLEY_OFFLINE_HOLD_MS: '1000' }
  return await startNode(t, { ...own, ...env }, entry)
}

/** A session of this user, after its `hello`. */
export async function sessionOf(t: Test, node: { wsUrl: string }, userId: string): Promise<RawClient> {
  const client = await connectRaw(t, node, token(userId, nameOf(userId)))
  await client.next((frame) => frame.type === 'hello')
  return client
}

/** A new chat of two users, and a session of each that has not joined it. */
export async function chatOfTwo(t: Test, node: { url: string; wsUrl: string }) {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  return { chatId, ann, bob }
}

/** The newest page of a chat's messages by REST, checked field by field. */
export async function historyOf(node: { url: string }, chatId: string) {
  const { body } = await call(node, serviceToken(), 'GET', `/chats/${chatId}/messages`)
  return z.array(message.strict()).parse(body.data)
}

/** What the tokens of `sessionOf` say. */
export function nameOf(userId: string): string {
  return `Name of ${userId}`
}

/** The data of a join, checked field by field. */
export async function joinChat(client: RawClient, chatId: string, point: object = {}) {
  return replies.join.parse(await client.ask({ type: 'join', chatId, ...point }))
}

/** The data of a send, checked field by field. */
export async function say(client: RawClient, chatId: string, content: string, more: object = {}) {
  return replies.send.parse(await client.ask({ type: 'send', chatId, content, ...more }))
}

/** The event that an edit is. */
export async function edit(client: RawClient, chatId: string, seq: number, content: string): Promise<number> {
  return replies.edit.strict().parse(await client.ask({ type: 'edit', chatId, seq, content })).rev
}

/** The event that a deletion is. */
export async function erase(client: RawClient, chatId: string, seq: number): Promise<number> {
  return replies.delete.strict().parse(await client.ask({ type: 'delete', chatId, seq })).rev
}

/** The pushes of a type that have come so far. */
export function pushesOf(client: RawClient, type: string): AnyFrame[] {
  return client.frames.filter((frame) => frame.type === type)
}

/** Waits for an answer to a ping: whatever was on the socket before it has been received. */
export async function settled(client: RawClient): Promise<void> {
  await client.ask({ type: 'ping' })
}

/** Waits until a message of this content has come as a push. */
export async function messagePush(client: RawClient, content: string): Promise<AnyFrame> {
  return await client.next((frame) => frame.type === 'message' && contentOf(frame) === content)
}

export function contentOf({ message }: AnyFrame): unknown {
  return typeof message === 'object' && message !== null && 'content' in message ? message.content : undefined
}

/** The next event of this name at the Socket.IO door. */
export function eventOf(socket: Socket, name: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(name, resolve))
}
