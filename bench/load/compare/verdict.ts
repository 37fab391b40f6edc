/** What a clear loss is: bench/README.md says why noise is none. */

/** The processor time of a message, against the base's, in the median of the rounds ... */
export const CLEAR = 1.3
/** ... and in each of them. */
export const IN_EACH = 1.2

/** From the ratio of processor time for each message, of every round. */
export function isClearLoss(ratios: readonly number[]): boolean {
  const sorted = [...ratios].sort((one, other) => one - other)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]
  const [least] = sorted
  return least !== undefined && middle !== undefined && least > IN_EACH && middle > CLEAR
}
