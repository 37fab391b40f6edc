import { setTimeout as delay } from 'node:timers/promises'

const TICK_MS = 2

/**
 * Acts at times that are fixed beforehand, `rate` times a second until it is told to end, whatever became of what was
 * begun before. One that is late is told when it was due, so that waiting for us counts as well.
 */
export async function atFixedTimes(
  rate: number,
  end: AbortSignal,
  act: (index: number, dueMs: number) => void,
): Promise<void> {
  const startedAt = performance.now()
  const dueMs = (index: number) => startedAt + (index * 1_000) / rate
  for (let index = 0; !end.aborted; await delay(TICK_MS))
    for (; dueMs(index) <= performance.now(); index++) act(index, dueMs(index))
}
