import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../random.js'
import type { Answer } from './connection.js'

const FIRST_MS = 100
const LONGEST_MS = 4_000

/** How long to wait before the next attempt, in milliseconds: longer each time, and never the same for two. */
export function backOff(random: Random, attempt: number, retryAfterMs = 0): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
  return Math.max(retryAfterMs, most * (0.5 + random.next() / 2))
}

/**
 * Tries until it is done or refused for good. Attempts are counted from 1.
 * @returns the last answer, which is a temporary one when patience has ended first
 */
export async function untilSettled(
  random: Random,
  patience: AbortSignal,
  attempt: (number: number) => Promise<Answer>,
): Promise<Answer> {
  for (let number = 1; ; number++) {
    const answer = await attempt(number)
    if (answer.ok || !answer.temporary || patience.aborted) return answer
    await delay(backOff(random, number - 1, answer.retryAfterMs), undefined, { signal: patience }).catch(
      () => {},
    )
  }
}
