import { type Curve, costAt } from '../costs/costs.js'

/**
 * Processor time a second that so many messages a second of one node take, where each costs the less the more there are. Never
 * less than what fewer would take: that a busier service costs less in all would be an accident of the measuring.
 */
export function spent(curve: Pick<Curve, 'points'>, rate: number): number {
  const below = curve.points.filter(([x]) => x <= rate).map(([x, cost]) => x * cost)
  return Math.max(rate * costAt(curve, rate), ...below)
}
