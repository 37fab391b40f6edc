import { z } from 'zod'
import type { Leases } from '../ports/leases.js'
import type { RedisCommands } from './redis-commands.js'

/** One hash tag, so that a cluster keeps all leases in one slot and a script may touch them together. */
const NODES = '{parley:leases}:nodes'
const USERS_OF = '{parley:leases}:users:'

/** Longer than any pause between renewals: a lapsed node's users are still there to be told of. */
const USERS_TTL_MS = 3_600_000

/** Users of one script call: a script holds up all of Redis while it runs. */
const CHUNK = 500

/** Time is Redis' own, so that nodes with different clocks agree on who is alive. */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function living()
  return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')
end
local function held_by(nodes, user, but)
  for _, node in ipairs(nodes) do
    if node ~= but and redis.call('SISMEMBER', '${USERS_OF}' .. node, user) == 1 then return true end
  end
  return false
end
`

/** Only `renew` extends a lease: it has to see whether this node's own has lapsed. */
const HOLD = `${PRELUDE}
local me, answer = ARGV[1], {}
redis.call('ZADD', KEYS[1], 'NX', now + ARGV[2], me)
local nodes = living()
for i = 3, #ARGV do
  if not held_by(nodes, ARGV[i], nil) then table.insert(answer, ARGV[i]) end
  redis.call('SADD', KEYS[2], ARGV[i])
end
redis.call('PEXPIRE', KEYS[2], ${USERS_TTL_MS})
return answer`

const RELEASE = `${PRELUDE}
local me, answer = ARGV[1], {}
local nodes = living()
for i = 3, #ARGV do
  local had = redis.call('SREM', KEYS[2], ARGV[i])
  if had == 1 and not held_by(nodes, ARGV[i], me) then table.insert(answer, ARGV[i]) end
end
return answer`

const HELD = `${PRELUDE}
local answer = {}
local nodes = living()
for i = 3, #ARGV do
  if held_by(nodes, ARGV[i], nil) then table.insert(answer, ARGV[i]) end
end
return answer`

/**
 * Removing a lapsed node and answering its users is one step: exactly one renewing node is given them. A node whose
 * own lease has lapsed is no judge of the others: it may be Redis that was away. It gives them one more lease.
 */
const RENEW = `${PRELUDE}
local me, answer = ARGV[1], {}
local mine = redis.call('ZSCORE', KEYS[1], me)
local is_judge = mine and tonumber(mine) >= now
redis.call('ZADD', KEYS[1], now + ARGV[2], me)
redis.call('PEXPIRE', KEYS[2], ${USERS_TTL_MS})
local lapsed = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
local nodes = living()
for _, node in ipairs(lapsed) do
  if is_judge then
    redis.call('ZREM', KEYS[1], node)
    for _, user in ipairs(redis.call('SMEMBERS', '${USERS_OF}' .. node)) do
      if not held_by(nodes, user, nil) then table.insert(answer, user) end
    end
    redis.call('DEL', '${USERS_OF}' .. node)
  else
    redis.call('ZADD', KEYS[1], now + ARGV[2], node)
  end
end
return { redis.call('SCARD', KEYS[2]), answer }`

const userList = z.array(z.string())
const renewal = z.tuple([z.number(), userList])

/** Leases in Redis: a sorted set of nodes by the time their lease ends, and a set of users for each. */
export function createRedisLeases(redis: RedisCommands, nodeId: string, leaseMs: number): Leases {
  const own = `${USERS_OF}${nodeId}`
  /** What the lease is to hold, whatever Redis knows of it. */
  const users = new Set<string>()
  /** False after a failure: Redis may hold more than `users`, or less. */
  let isWritten = true

  async function run(script: string, userIds: readonly string[]): Promise<unknown> {
    return await redis.eval(script, 2, NODES, own, nodeId, leaseMs, ...userIds)
  }

  async function runInChunks(script: string, userIds: readonly string[]): Promise<string[]> {
    const answer: string[] = []
    for (let start = 0; start < userIds.length; start += CHUNK)
      answer.push(...userList.parse(await run(script, userIds.slice(start, start + CHUNK))))
    return answer
  }

  async function write(script: string, userIds: readonly string[]): Promise<string[]> {
    try {
      return await runInChunks(script, userIds)
    } catch (error) {
      isWritten = false
      throw error
    }
  }

  async function writeAgain(): Promise<void> {
    isWritten = true
    const kept = new Set(await redis.smembers(own))
    await write(
      RELEASE,
      [...kept].filter((userId) => !users.has(userId)),
    )
    await write(
      HOLD,
      [...users].filter((userId) => !kept.has(userId)),
    )
  }

  return {
    async hold(userIds) {
      for (const userId of userIds) users.add(userId)
      return await write(HOLD, userIds)
    },
    async release(userIds) {
      for (const userId of userIds) users.delete(userId)
      return await write(RELEASE, userIds)
    },
    async held(userIds) {
      return new Set(await runInChunks(HELD, userIds))
    },
    async renew() {
      const [kept, lapsed] = renewal.parse(await run(RENEW, []))
      if (!isWritten || kept !== users.size) {
        // The lapsed users are answered to nobody else: they are not to be lost with this.
        await writeAgain().catch(() => {
          isWritten = false
        })
      }
      return lapsed
    },
  }
}
