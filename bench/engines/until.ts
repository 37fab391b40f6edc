import { setTimeout as delay } from 'node:timers/promises'

/** Polls until it is so; false when it was not within the time, in milliseconds. */
export async function becomes(
  isSo: () => boolean | Promise<boolean>,
  withinMs: number,
  everyMs = 50,
): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline) return false
    await delay(everyMs)
  }
  return true
}

/** @throws when it is not so within the time, in milliseconds */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs: number) {
  if (!(await becomes(isSo, withinMs))) throw new Error(`${what}: not so within ${withinMs} ms`)
}
