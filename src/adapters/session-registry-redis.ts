import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { OpenSession, SessionRegistry } from '../ports/session-registry.js'
import { createOwnSessions, type OwnSession } from './own-sessions.js'
import type { RedisCommands } from './redis-commands.js'

/** One hash tag, so that a cluster keeps all of it in one slot and a script may touch it together. */
const USER = '{parley:sessions}:user:'
const WRITING = '{parley:sessions}:writing:'
/** Of a writing, a UUID. */
const ID_LENGTH = 36

/** A user's set that nobody writes any more goes away by itself; those of open sessions are written again in time. */
const USER_TTL_MS = 3_600_000
const REWRITE_MS = USER_TTL_MS / 3

/** Sessions that are written by one script: it holds up all of Redis while it runs. */
const CHUNK = 200

/** Time is Redis' own, and a session has its age, so that nodes with different clocks agree on which is the oldest. */
const ADD = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local beyond = {}
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'NX', now - ARGV[2 * i + 1], ARGV[2 * i])
  redis.call('PEXPIRE', key, ${USER_TTL_MS})
  for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if redis.call('EXISTS', '${WRITING}' .. string.sub(member, 1, ${ID_LENGTH})) == 0 then
      redis.call('ZREM', key, member)
    end
  end
  beyond[i] = redis.call('ZRANGE', key, 0, -1 - ARGV[1])
end
return beyond`

/** The sessions of the one before count no more, from the moment on at which this one stands. */
const BEGIN_WRITING = `
redis.call('DEL', KEYS[1])
return redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])`

/** Of each session's user, in the order of the sessions. */
const members = z.array(z.array(z.string()))

interface Adding extends OwnSession {
  readonly resolve: (beyond: OpenSession[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * The registry in Redis: a sorted set for each user, of its sessions by the time of their beginning.
 *
 * A member begins with the id of the *writing* it belongs to, and counts while that one's key stands, which its node
 * renews with its lease. A node begins a new writing, and writes all of its sessions into it, whenever it is not sure
 * any more what Redis has: so nothing of what was lost, or went to Redis and was not answered, has to be found again.
 */
export function createRedisSessionRegistry(
  redis: RedisCommands,
  { leaseMs, most }: { leaseMs: number; most: number },
): SessionRegistry {
  const own = createOwnSessions(most)
  let writing: string = randomUUID()
  /** All of `own` is in Redis, as far as this node knows. */
  let isStanding = false
  /** Written twice: a node that was told the first time which of its sessions are too many may not have listened yet. */
  let isSettled = false
  let writtenAt = 0
  /** Begun within this turn; written together. */
  let adding: Adding[] = []

  /** Answers for each those of its user's that are too many. */
  async function write(sessions: readonly OwnSession[]): Promise<OpenSession[][]> {
    const now = performance.now()
    const keys = sessions.map(({ userId }) => USER + userId)
    const args = sessions.flatMap(({ sessionId, begunAt }) => [writing + sessionId, now - begunAt])
    const beyond = members.parse(await redis.eval(ADD, keys.length, ...keys, most, ...args))
    return sessions.map(({ userId }, index) =>
      (beyond[index] ?? []).map((member) => ({ userId, sessionId: member.slice(ID_LENGTH) })),
    )
  }

  /** One that has ended since is not there to be written: its removal is on its way already. */
  function addAll(): void {
    const begun: Adding[] = []
    for (const one of adding) {
      if (own.has(one)) begun.push(one)
      else one.resolve([])
    }
    adding = []
    for (let start = 0; start < begun.length; start += CHUNK) {
      const chunk = begun.slice(start, start + CHUNK)
      write(chunk).then(
        (beyond) => {
          for (const [index, { resolve }] of chunk.entries()) resolve(beyond[index] ?? [])
        },
        (error: unknown) => {
          for (const { reject } of chunk) reject(error)
        },
      )
    }
  }

  function addSoon(session: OwnSession): Promise<OpenSession[]> {
    return new Promise((resolve, reject) => {
      if (adding.length === 0) setImmediate(addAll)
      adding.push({ ...session, resolve, reject })
    })
  }

  async function beginWriting(): Promise<void> {
    const next = randomUUID()
    await redis.eval(BEGIN_WRITING, 2, WRITING + writing, WRITING + next, leaseMs)
    writing = next
    isStanding = true
  }

  /** Those that begin meanwhile write themselves. */
  async function writeAll(): Promise<OpenSession[]> {
    writtenAt = performance.now()
    const all = [...own.all()]
    const beyond = new Map<string, OpenSession>()
    for (let start = 0; start < all.length; start += CHUNK) {
      // Looked up in the turn in which it is sent: one that ends later is removed later.
      const open = all.slice(start, start + CHUNK).filter(own.has)
      if (open.length === 0) continue
      for (const session of (await write(open)).flat()) beyond.set(session.sessionId, session)
    }
    return [...beyond.values()]
  }

  return {
    async add(session) {
      const begunAt = performance.now()
      own.add(session, begunAt)
      try {
        if (isStanding) return await addSoon({ ...session, begunAt })
      } catch {
        isStanding = false
      }
      return own.beyond(session.userId)
    },

    remove(session) {
      own.remove(session)
      if (!isStanding) return
      redis.zrem(USER + session.userId, writing + session.sessionId).catch(() => {
        isStanding = false
      })
    },

    async renew() {
      try {
        if (isStanding && (await redis.pexpire(WRITING + writing, leaseMs)) === 0) isStanding = false
        if (isStanding && isSettled && performance.now() - writtenAt < REWRITE_MS) return []
        isSettled = isStanding
        if (!isStanding) await beginWriting()
        return await writeAll()
      } catch {
        isStanding = false
        return []
      }
    },
  }
}
