import { within } from './within.js'

/**
 * Whether nothing comes from the other side for that long. One that has much to do answers a ping late, behind all that
 * it was sent before, and is not silent: `signs` counts what else has come from it. Rejects never.
 */
export async function isSilent(ms: number, ping: Promise<unknown>, signs: () => number): Promise<boolean> {
  const before = signs()
  return await within(ms, ping).then(
    () => false,
    () => signs() === before,
  )
}
